/** One SQL statement in the dialect that SQLite and PostgreSQL share, with `?` placeholders. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** The whole write is undone, and rejects with `GuardFailed`, unless this statement returns a row. */
  readonly guard?: true;
  /** Written for PostgreSQL alone, with `$1`. */
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

/** A database that is opened when it is first used. */
export function deferDatabase<Opened extends Database>(open: () => Promise<Opened>): Database {
  let opening: Promise<Opened> | undefined;
  const opened = (): Promise<Opened> => {
    opening ??= open();
    return opening;
  };
  return {
    read: async (sql, params) => (await opened()).read(sql, params),
    write: async statements => (await opened()).write(statements),
    close: async () => {
      // One that could not be opened was told to whoever used it.
      await opening?.then(
        database => database.close(),
        () => {},
      );
    },
  };
}
