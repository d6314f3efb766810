import pg from 'pg';
import type {Row} from './database.ts';
import {type KnownStatements, type NamedStatement, StatementBatch} from './statement-batch.ts';

/** A connection for one caller at a time. */
export interface Batches {
  /** Rows of each statement; rejects with the error of the first that fails. Without a transaction they are one. */
  execute(statements: readonly NamedStatement[]): Promise<Row[][]>;
  query(sql: string, values?: unknown[]): Promise<pg.QueryResult>;
}

/** Opened when it is first used, and again when it broke. */
export class BatchConnection {
  readonly #settings: pg.ClientConfig;
  readonly #setUp: string;
  #opened: Promise<Batches & {end(): Promise<void>}> | undefined;

  /** `setUp` is executed on each connection before anything else. */
  constructor(settings: pg.ClientConfig, setUp = '') {
    this.#settings = settings;
    this.#setUp = setUp;
  }

  async open(): Promise<Batches> {
    if (this.#opened !== undefined) return await this.#opened;
    const forget = (): void => {
      if (this.#opened === opened) this.#opened = undefined;
    };
    const opened = this.#connect(forget);
    this.#opened = opened;
    opened.catch(forget);
    return await opened;
  }

  /** The next one who uses it gets a new connection. */
  drop(): void {
    this.end().catch(() => {});
  }

  async end(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await (await opened?.catch(() => undefined))?.end();
  }

  async #connect(forget: () => void): Promise<Batches & {end(): Promise<void>}> {
    const client = new pg.Client(this.#settings);
    client.on('error', forget);
    client.on('end', forget);
    await client.connect();
    if (this.#setUp !== '') await client.query(this.#setUp);
    const known: KnownStatements = new Map();
    return {
      execute: statements => client.query(new StatementBatch(statements, known)).rows,
      query: (sql, values) => client.query(sql, values),
      end: () => client.end(),
    };
  }
}
