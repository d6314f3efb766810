import pg from 'pg';
import {OrchestratorError} from '../domain/errors.ts';
import {escapeLine} from '../util/escape-text.ts';
import {LedgerError} from './ledger.ts';
import type {PostgresAddress} from './postgres-address.ts';

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

/** What the operator can do about it, without the password of the address. What is left is our own error. */
export function explainPostgres(error: unknown, {place, user}: PostgresAddress): unknown {
  if (error instanceof OrchestratorError) return error;
  const {code: known, message: said} = error as {code?: unknown; message?: unknown};
  const code = String(known ?? '');
  const message = escapeLine(String(said ?? ''));
  const refused = refusals[code] ?? refusalOfDriver(message);
  if (refused !== undefined) {
    return new LedgerError('queue-refused', `${place} ${refused.replace('$USER', user).replace('$SAID', message)}`, {
      hint: 'correct --queue or ORCHESTRATOR_QUEUE; what it leaves out comes from PGPASSWORD, PGUSER and their like',
      cause: error,
    });
  }
  if (isConnectionError(error)) {
    return new LedgerError('queue-unreachable', `${place} does not answer${code === '' ? '' : ` (${code})`}`, {
      hint: 'check that PostgreSQL runs and can be reached from here; what was recorded is not lost',
      cause: error,
    });
  }
  if (isForNow(code)) {
    return new LedgerError('queue-busy', `${place} cannot do it now: ${message}`, {
      hint: 'see the log of PostgreSQL; what was recorded is not lost',
      cause: error,
    });
  }
  return error;
}

const refusals: Readonly<Record<string, string>> = {
  '28P01': 'refuses the password',
  '28000': 'refuses this user',
  '3D000': 'does not exist',
  '42501': 'does not let the user $USER do this: $SAID',
  '25006': 'is read only',
  ENOTFOUND: 'cannot be found: no such host',
};

function refusalOfDriver(message: string): string | undefined {
  // The driver has no codes for these.
  if (message.includes('client password must be a string')) return 'wants a password and none is given';
  if (message === 'The server does not support SSL connections')
    return 'does not speak SSL, and the address asks for it';
  return undefined;
}

/** The server is full, busy or on its way down; another time the same would do. */
function isForNow(code: string): boolean {
  return /^(?:53|55|57|58)...$/.test(code) || ['40001', '40P01'].includes(code);
}
