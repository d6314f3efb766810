/** One SQL statement in the dialect that SQLite and PostgreSQL share, with `?` placeholders. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

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
