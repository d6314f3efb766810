import pg from 'pg';
import {OrchestratorError} from '../domain/errors.ts';
import {LedgerError} from './ledger.ts';

/** The schema that holds our tables; the queue has one of its own beside it. */
export const ledgerSchema = 'orchestrator';

/** @throws OrchestratorError when it is no address of a PostgreSQL database. */
export function connectionSettings(url: string): pg.PoolConfig {
  let parsed: URL | undefined;
  try {
    parsed = new URL(url);
  } catch {
    // Said below, without the address: it may hold a password.
  }
  if (parsed === undefined || !['postgres:', 'postgresql:'].includes(parsed.protocol)) {
    throw new OrchestratorError('bad-queue', 'the queue is not the address of a PostgreSQL database', {
      hint: 'write it as postgres://user:password@host:5432/database, in --queue or ORCHESTRATOR_QUEUE',
    });
  }
  return {
    connectionString: url,
    application_name: 'orchestrator',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Answers that never come, as behind a network that swallows packets.
    query_timeout: 35_000,
    options: `-c search_path=${ledgerSchema}`,
  };
}

/** Whole numbers are small enough for a JavaScript number: milliseconds since 1970 and nano-dollars. */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC
      ? Number
      : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};

const systemErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTCONN',
]);
/** Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html that say: not now. */
const passingStates = new Set(['57P01', '57P02', '57P03', '25P03', '53300']);

/** The database could not be asked, or went away while it was. */
export function isConnectionError(error: unknown): boolean {
  const {code, message} = error as {code?: unknown; message?: unknown};
  if (typeof code === 'string') return systemErrors.has(code) || passingStates.has(code) || code.startsWith('08');
  // The driver has no codes for these.
  return (
    error instanceof AggregateError ||
    (typeof message === 'string' &&
      /^(Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout|timeout exceeded when trying to connect|timeout expired)/.test(
        message,
      ))
  );
}

/** Another transaction was in the way: deadlock, serialization, a row that somebody inserted at the same moment, a lock held too long. */
export function isRetryable(error: unknown): boolean {
  return ['40001', '40P01', '23505', '55P03'].includes(String((error as {code?: unknown}).code));
}

/** What the operator can do about it, without the password of the address. */
export function explainPostgres(error: unknown, settings: pg.PoolConfig): unknown {
  if (error instanceof OrchestratorError) return error;
  const {host, port, database} = new pg.Client(settings);
  const place = `the queue database ${database ?? ''} at ${host}:${port}`;
  const code = String((error as {code?: unknown}).code ?? '');
  const refused: Readonly<Record<string, string>> = {
    '28P01': 'refuses the password',
    '28000': 'refuses this user',
    '3D000': 'does not exist',
    '42501': 'does not let this user make tables',
    ENOTFOUND: 'cannot be found: no such host',
  };
  if (refused[code] !== undefined) {
    return new LedgerError('queue-refused', `${place} ${refused[code]}`, {
      hint: 'correct --queue or ORCHESTRATOR_QUEUE',
      cause: error,
    });
  }
  if (isConnectionError(error)) {
    return new LedgerError('queue-unreachable', `${place} does not answer${code === '' ? '' : ` (${code})`}`, {
      hint: 'check that PostgreSQL runs and can be reached from here; what was recorded is not lost',
      cause: error,
    });
  }
  return error;
}
