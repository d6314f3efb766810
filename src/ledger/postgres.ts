import pg from 'pg';
import type {Clock} from '../util/clock.ts';
import {BatchConnection, type Batches} from './batch-connection.ts';
import {type Database, GuardFailed, type Row, type SqlValue, type Statement} from './database.ts';
import {LedgerError} from './ledger.ts';
import {type PostgresAddress, readPostgresAddress} from './postgres-address.ts';
import {explainPostgres, isConnectionError, isRetryable, typeParsers} from './postgres-connection.ts';
import {migratePostgres, refuseNewer} from './postgres-migrations.ts';
import type {NamedStatement} from './statement-batch.ts';

export interface PostgresOptions {
  readonly clock: Clock;
  /** How long a read or write goes on trying to reach a database that is restarted or cut off; default 60 s. */
  readonly patienceMs?: number;
}

/** The ledger database of many machines, with what the queue needs beside it. */
export interface PostgresDatabase extends Database {
  /** For libraries that bring their own SQL, with `$1`; as patient as `read`, so that only what may be done twice belongs here. */
  query(sql: string, values?: readonly unknown[]): Promise<{rows: Record<string, unknown>[]}>;
  /** @throws OrchestratorError when a newer version has changed the tables since they were opened. */
  checkVersion(): Promise<void>;
  /** What the operator can do about an error that came with `query`; any other as it is. */
  explain(error: unknown): unknown;
  /** Time of the database server minus time of this process, milliseconds. */
  clockOffsetMs(): Promise<number>;
}

/**
 * Opens the ledger in PostgreSQL, and makes its tables when they are not there. Writes that arrive while another is being
 * committed share one transaction. A write that was cut off is done exactly once: the database is asked what became of it.
 *
 * @throws OrchestratorError when the address is wrong, nobody answers there, or the tables come from a newer version.
 */
export async function openPostgres(url: string, options: PostgresOptions): Promise<PostgresDatabase> {
  const address = readPostgresAddress(url);
  const database = new Postgres(address, options);
  try {
    await migratePostgres(address.settings);
    return database;
  } catch (error) {
    await database.close();
    throw database.explain(error);
  }
}

interface Pending<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

interface PendingWrite extends Pending<Row[][]> {
  readonly statements: readonly Statement[];
}

interface PendingRead extends Pending<Row[]> {
  readonly statement: NamedStatement;
}

/** A transaction that was executed and whose commit was asked for, when the connection went. */
interface InDoubt {
  readonly transaction: string;
  readonly rows: Row[][][];
}

const begin: Statement = {sql: 'BEGIN', params: []};
const transactionId: Statement = {sql: 'SELECT pg_current_xact_id()::text AS id', params: []};

const maxTries = 20;
/** Statements of one transaction: locks are not held for longer than such a number takes. */
const maxBatch = 400;

class Postgres implements PostgresDatabase {
  readonly #address: PostgresAddress;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #pool: pg.Pool;
  readonly #writer: BatchConnection;
  readonly #reader: BatchConnection;
  #writes: PendingWrite[] = [];
  #isWriting = false;
  #reads: PendingRead[] = [];
  #isReading = false;
  readonly #closed = new AbortController();

  constructor(address: PostgresAddress, options: PostgresOptions) {
    this.#address = address;
    this.#clock = options.clock;
    this.#patienceMs = options.patienceMs ?? 60_000;
    const settings = {...address.settings, types: typeParsers};
    // A connection that was cut holds no lock for longer than this.
    const bounds = `SET idle_in_transaction_session_timeout = '10s'; SET statement_timeout = '30s'; SET lock_timeout = '20s'`;
    this.#writer = new BatchConnection(settings, bounds);
    this.#reader = new BatchConnection(settings);
    this.#pool = new pg.Pool({...settings, max: 3, idleTimeoutMillis: 30_000});
    // An idle connection that breaks is replaced by the next one who asks.
    this.#pool.on('error', () => {});
  }

  read(sql: string, params: readonly SqlValue[] = []): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      this.#reads.push({statement: named(sql, params), resolve, reject});
      if (this.#isReading) return;
      this.#isReading = true;
      setImmediate(() => void this.#answerReads());
    });
  }

  async query(sql: string, values: readonly unknown[] = []): Promise<{rows: Record<string, unknown>[]}> {
    return await this.#patiently(async () => {
      const result: unknown = await (values.length === 0 ? this.#pool.query(sql) : this.#pool.query(sql, [...values]));
      // Several statements in one text give several results: whoever wrote them wants the rows of all.
      const results = (Array.isArray(result) ? result : [result]) as pg.QueryResult[];
      return {rows: results.flatMap(({rows}) => rows)};
    });
  }

  write(statements: readonly Statement[]): Promise<Row[][]> {
    return new Promise((resolve, reject) => {
      this.#writes.push({statements, resolve, reject});
      if (this.#isWriting) return;
      this.#isWriting = true;
      setImmediate(() => void this.#drain());
    });
  }

  async checkVersion(): Promise<void> {
    const {rows} = await this.query('SELECT version FROM ledger_version');
    refuseNewer(Number(rows[0]?.['version']));
  }

  explain(error: unknown): unknown {
    return explainPostgres(error, this.#address);
  }

  async clockOffsetMs(): Promise<number> {
    const before = this.#clock.now();
    const {rows} = await this.query('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now');
    return Number(rows[0]?.['now']) - (before + this.#clock.now()) / 2;
  }

  async close(): Promise<void> {
    while (this.#isWriting) await new Promise(resolve => setImmediate(resolve));
    this.#closed.abort();
    await Promise.allSettled([this.#writer.end(), this.#reader.end(), this.#pool.end()]);
  }

  async #answerReads(): Promise<void> {
    while (this.#reads.length > 0)
      await settleTogether<Row[], PendingRead>(this.#reads.splice(0, maxBatch), batch => this.#readBatch(batch));
    this.#isReading = false;
  }

  async #readBatch(batch: readonly PendingRead[]): Promise<Row[][]> {
    try {
      return await this.#patiently(async () => {
        const reader = await this.#reader.open();
        return await reader.execute(batch.map(({statement}) => statement));
      });
    } catch (error) {
      throw this.explain(error);
    }
  }

  async #drain(): Promise<void> {
    while (this.#writes.length > 0) {
      const batch: PendingWrite[] = [];
      for (let size = 0; this.#writes.length > 0 && (batch.length === 0 || size < maxBatch); ) {
        const pending = this.#writes.shift()!;
        size += pending.statements.length;
        batch.push(pending);
      }
      await settleTogether<Row[][], PendingWrite>(batch, some => this.#commit(some.map(({statements}) => statements)));
    }
    this.#isWriting = false;
  }

  async #commit(writes: readonly (readonly Statement[])[]): Promise<Row[][][]> {
    let inDoubt: InDoubt | undefined;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#patiently(async () => {
          const client = await this.#writer.open();
          if (inDoubt !== undefined && (await isCommitted(client, inDoubt.transaction, this.#clock)))
            return inDoubt.rows;
          inDoubt = undefined;
          const executed = await executeAll(client, writes);
          inDoubt = executed;
          await client.query('COMMIT');
          return executed.rows;
        });
      } catch (error) {
        if (error instanceof GuardFailed || error instanceof LedgerError) throw error;
        if (!isRetryable(error) || tries >= maxTries) throw this.explain(error);
        inDoubt = undefined;
        await this.#clock.sleep(Math.random() * 10 * tries);
      }
    }
  }

  async #patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    // A connection that is opened now nobody would close, and it keeps the process alive.
    if (this.#closed.signal.aborted) throw new LedgerError('ledger-closed', 'the ledger has been closed');
    const until = this.#clock.now() + this.#patienceMs;
    for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 1_000)) {
      try {
        return await work();
      } catch (error) {
        if (!isConnectionError(error)) throw error;
        this.#writer.drop();
        this.#reader.drop();
        if (this.#clock.now() + waitMs > until || this.#closed.signal.aborted) throw this.explain(error);
        await this.#clock.sleep(waitMs + Math.random() * waitMs);
      }
    }
  }
}

/** Nearly always all go well together; when one fails, each is done alone, so that it takes nobody with it. */
async function settleTogether<Result, Waiting extends Pending<Result>>(
  batch: readonly Waiting[],
  work: (batch: readonly Waiting[]) => Promise<Result[]>,
): Promise<void> {
  try {
    const results = await work(batch);
    for (const [index, pending] of batch.entries()) pending.resolve(results[index]!);
  } catch (error) {
    if (batch.length === 1 || error instanceof LedgerError) {
      for (const pending of batch) pending.reject(error);
      return;
    }
    for (const pending of batch) await settleTogether<Result, Waiting>([pending], work);
  }
}

/** All statements in one round trip, in a transaction that is left open. */
async function executeAll(client: Batches, writes: readonly (readonly Statement[])[]): Promise<InDoubt> {
  const statements = writes.flat();
  try {
    const [, started = [], ...rows] = await executeInOrder(client, [begin, transactionId, ...statements]);
    const guard = statements.findIndex((statement, index) => statement.guard && rows[index]?.length === 0);
    if (guard !== -1) throw new GuardFailed(statements[guard]!.sql);
    const answered = rows.values();
    return {
      transaction: String(started[0]?.['id']),
      rows: writes.map(write => write.map(() => answered.next().value ?? [])),
    };
  } catch (error) {
    if (!isConnectionError(error)) await client.query('ROLLBACK');
    throw error;
  }
}

/** Our own in one piece; between them those whose values only the driver can write. */
async function executeInOrder(client: Batches, statements: readonly Statement[]): Promise<Row[][]> {
  const rows: Row[][] = [];
  let batch: NamedStatement[] = [];
  for (const {sql, params, postgres} of statements) {
    if (!postgres) {
      batch.push(named(sql, params));
      continue;
    }
    rows.push(...(await client.execute(batch)), (await client.query(sql, [...params])).rows as Row[]);
    batch = [];
  }
  if (batch.length > 0) rows.push(...(await client.execute(batch)));
  return rows;
}

/** Waits for the end of a transaction whose connection was lost. */
async function isCommitted(client: Batches, transaction: string, clock: Clock): Promise<boolean> {
  for (;;) {
    const {rows} = await client.query('SELECT pg_xact_status($1::xid8) AS status', [transaction]);
    const status = rows[0]?.['status'];
    if (status !== 'in progress') return status === 'committed';
    await clock.sleep(100);
  }
}

const texts = new Map<string, Omit<NamedStatement, 'values'>>();
let names = 0;
/** Each connection keeps a plan for each name, so that lists of any length do not fill the server. */
const maxNames = 1_000;

/** `?` to `$1`, `$2`…, under a name by which the server plans it once. Our statements hold no question mark in a string. */
function named(sql: string, values: readonly SqlValue[]): NamedStatement {
  let known = texts.get(sql);
  if (known === undefined) {
    let count = 0;
    known = {text: sql.replaceAll('?', () => `$${++count}`), name: `orchestrator_${++names}`};
    if (texts.size < maxNames) texts.set(sql, known);
    else known = {text: known.text, name: ''};
  }
  return {...known, values};
}
