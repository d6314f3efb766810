/** One SQL statement in the dialect that SQLite and PostgreSQL share, with `?` placeholders. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** The whole write is undone, and rejects with `GuardFailed`, unless this statement returns a row. */
  readonly guard?: true;
  /** Already written for PostgreSQL, with `$1`; SQLite refuses it. */
  readonly postgres?: true;
}

/** What a write relied on does not hold (any more); nothing of it was done. */
export class GuardFailed extends Error {}

export type SqlValue = string | number | null;
export type Row = Record<string, SqlValue>;

/**
 * The durable store under the ledger. A write is one transaction of statements that is on disk when the promise
 * resolves; its value is the rows that each statement returned. Reads see every write that has resolved.
 */
export interface Database {
  read(sql: string, params?: readonly SqlValue[]): Promise<Row[]>;
  write(statements: readonly Statement[]): Promise<Row[][]>;
  close(): Promise<void>;
}
