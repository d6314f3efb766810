import {chmodSync, statSync} from 'node:fs';
import path from 'node:path';
import {DatabaseSync, type StatementSync} from 'node:sqlite';
import {OrchestratorError} from '../domain/errors.ts';
import {makeFolder} from '../util/make-folder.ts';
import {type Database, GuardFailed, type Row, type Statement} from './database.ts';
import {LedgerError} from './ledger.ts';
import {migrations} from './migrations.ts';
import {WalSync} from './wal-sync.ts';

/**
 * Opens (and makes, mode 0600 in a 0700 folder) the ledger file. Writes that arrive while another is being committed
 * share one transaction, and one flush to the disk that does not hold up this thread.
 *
 * @throws OrchestratorError when the place cannot be written, the file is no ledger, or it comes from a newer version.
 */
export function openSqlite(file: string): Database {
  const connection = connect(file);
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = connection.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement;
  };
  const log = new WalSync(`${file}-wal`);
  let queue: Pending[] = [];
  let unflushed = 0;
  const closing: (() => void)[] = [];

  const resolveDurable = (committed: readonly Committed[]): void => {
    unflushed++;
    log.flush(error => {
      unflushed--;
      // Each goes on alone as far as it can, so that the first is where it wants to be before the last begins.
      for (const {pending, rows} of committed) {
        if (error === null) setImmediate(pending.resolve, rows);
        else pending.reject(explain(error, file));
      }
      // After them, and what they write meanwhile is written too.
      if (unflushed === 0) for (const wake of closing.splice(0)) setImmediate(wake);
    });
  };

  const commit = (): void => {
    const batch = queue;
    queue = [];
    // Nearly always all go well together; when one fails, each gets a transaction of its own, so that it takes nobody with it.
    const failure = commitTogether(connection, prepare, batch, resolveDurable);
    if (failure === undefined) return;
    for (const pending of batch) {
      const own =
        batch.length === 1 || isStorageError(failure)
          ? failure
          : commitTogether(connection, prepare, [pending], resolveDurable);
      if (own !== undefined) pending.reject(explain(own, file));
    }
  };

  return {
    async read(sql, params = []) {
      try {
        return prepare(sql).all(...params) as Row[];
      } catch (error) {
        throw explain(error, file);
      }
    },
    write(statements) {
      return new Promise((resolve, reject) => {
        if (queue.length === 0) setImmediate(commit);
        queue.push({statements, resolve, reject});
      });
    },
    async close() {
      while (queue.length > 0 || unflushed > 0) {
        if (queue.length > 0) commit();
        if (unflushed > 0) await new Promise<void>(resolve => closing.push(resolve));
      }
      log.close();
      if (connection.isOpen) connection.close();
    },
  };
}

interface Pending {
  readonly statements: readonly Statement[];
  readonly resolve: (rows: Row[][]) => void;
  readonly reject: (error: unknown) => void;
}

interface Committed {
  readonly pending: Pending;
  readonly rows: Row[][];
}

/** Commits all of them and hands them to `done`, or changes nothing and gives what went wrong. */
function commitTogether(
  connection: DatabaseSync,
  prepare: (sql: string) => StatementSync,
  batch: readonly Pending[],
  done: (committed: readonly Committed[]) => void,
): unknown {
  try {
    connection.exec('BEGIN IMMEDIATE');
    const committed = batch.map(pending => ({
      pending,
      rows: pending.statements.map(statement => execute(prepare, statement)),
    }));
    connection.exec('COMMIT');
    done(committed);
    return undefined;
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    return error ?? new Error('unknown database error');
  }
}

function execute(prepare: (sql: string) => StatementSync, {sql, params, guard}: Statement): Row[] {
  const rows = prepare(sql).all(...params) as Row[];
  if (guard && rows.length === 0) throw new GuardFailed(sql);
  return rows;
}

/** How long one process waits for another, as the message of code 5 says. */
const busyMs = 10_000;

function connect(file: string): DatabaseSync {
  let connection: DatabaseSync | undefined;
  try {
    makePrivateFolder(path.dirname(file));
    connection = new DatabaseSync(file);
    connection.exec(`PRAGMA busy_timeout = ${busyMs}`);
    switchToWal(connection);
    // The log is flushed by `WalSync` before a write counts as done; SQLite itself flushes it before it is copied back.
    connection.exec('PRAGMA synchronous = NORMAL');
    chmodSync(file, 0o600);
    migrate(connection, file);
    return connection;
  } catch (error) {
    connection?.close();
    throw explain(error, file);
  }
}

/** SQLite does not wait, as it does elsewhere, when two processes switch a new file at once: one is told "busy" right away. */
function switchToWal(connection: DatabaseSync): void {
  const until = Date.now() + busyMs;
  for (;;) {
    try {
      connection.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (primaryCode(error) !== 5 || Date.now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

/** Makes the state folder for its owner alone; an existing folder of another user is refused. */
export function makePrivateFolder(folder: string): void {
  makeFolder(folder, 0o700);
  const found = statSync(folder);
  if (process.getuid !== undefined && found.uid !== process.getuid()) {
    throw new OrchestratorError('state-folder-foreign', `${folder} belongs to another user`, {
      hint: 'set ORCHESTRATOR_HOME to a folder of your own',
    });
  }
  if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

function migrate(connection: DatabaseSync, file: string): void {
  const version = (): number => Number(connection.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version() > migrations.length) {
    throw new OrchestratorError(
      'ledger-newer',
      `${file} was written by a newer version (ledger version ${version()}, this one knows ${migrations.length})`,
      {hint: 'update orchestrator, or set ORCHESTRATOR_HOME to another folder'},
    );
  }
  if (version() === migrations.length) return;
  connection.exec('BEGIN IMMEDIATE');
  try {
    for (let next = version(); next < migrations.length; next++) connection.exec(migrations[next]!);
    connection.exec(`PRAGMA user_version = ${migrations.length}`);
    connection.exec('COMMIT');
  } catch (error) {
    // SQLite itself has rolled back when the disk is full.
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

// Primary result codes of SQLite, https://www.sqlite.org/rescode.html
const sqliteReasons = new Map<number, {code: string; message: string; hint: string}>([
  [
    3,
    {
      code: 'ledger-denied',
      message: 'cannot be opened: permission denied',
      hint: 'check its owner and mode, or set ORCHESTRATOR_HOME',
    },
  ],
  [
    5,
    {
      code: 'ledger-busy',
      message: 'stayed locked by another process for 10 s',
      hint: 'try again; see: orchestrator status',
    },
  ],
  [8, {code: 'ledger-read-only', message: 'is read-only', hint: 'make it writable, or set ORCHESTRATOR_HOME'}],
  [10, {code: 'ledger-io', message: 'met an input/output error', hint: 'check the disk, then: orchestrator resume'}],
  [
    11,
    {
      code: 'ledger-corrupt',
      message: 'is damaged',
      hint: 'move it away (keep it for rescue); a new one is made at the next start',
    },
  ],
  [13, {code: 'disk-full', message: 'cannot grow: the disk is full', hint: 'free space, then: orchestrator resume'}],
  [
    14,
    {
      code: 'ledger-denied',
      message: 'cannot be opened',
      hint: 'check that the folder exists and is yours, or set ORCHESTRATOR_HOME',
    },
  ],
  [26, {code: 'ledger-corrupt', message: 'is not a ledger', hint: 'move it away; a new one is made at the next start'}],
]);

function primaryCode(error: unknown): number | undefined {
  const code = (error as {errcode?: unknown}).errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

function isStorageError(error: unknown): boolean {
  const code = primaryCode(error);
  return code !== undefined && sqliteReasons.has(code);
}

function explain(error: unknown, file: string): unknown {
  if (error instanceof OrchestratorError) return error;
  const reason = sqliteReasons.get(primaryCode(error) ?? -1);
  if (reason !== undefined)
    return new LedgerError(reason.code, `${file} ${reason.message}`, {hint: reason.hint, cause: error});
  const system = (error as NodeJS.ErrnoException).code;
  if (system !== undefined && /^E[A-Z]+$/.test(system)) {
    return new LedgerError('state-folder-unusable', `${path.dirname(file)} cannot be used (${system})`, {
      hint: 'set ORCHESTRATOR_HOME to a folder that you can write',
      cause: error,
    });
  }
  return error;
}
