import pg from 'pg';
import {OrchestratorError} from '../domain/errors.ts';
import {escapeLine} from '../util/escape-text.ts';

/** The schema that holds our tables; the queue has one of its own beside it. */
export const ledgerSchema = 'orchestrator';

/** Where the database of the queue is, and how to talk to it. */
export interface PostgresAddress {
  readonly settings: pg.PoolConfig;
  /** For messages, without the password. */
  readonly place: string;
  readonly user: string;
}

const correct = 'write it as postgres://user:password@host:5432/database, in --queue or ORCHESTRATOR_QUEUE';

/** What the address leaves out is taken from PGPASSWORD and its like, as psql does. @throws OrchestratorError that repeats nothing of what could be a password. */
export function readPostgresAddress(text: string): PostgresAddress {
  const url = parseAddress(text);
  const settings: pg.PoolConfig = {
    connectionString: url.href,
    application_name: 'orchestrator',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Answers that never come, as behind a network that swallows packets.
    query_timeout: 35_000,
    options: `-c search_path=${ledgerSchema}`,
  };
  const {host, port, database = '', user = ''} = connectLater(settings);
  return {settings, place: `the queue database ${database} at ${host}:${port}`, user};
}

/** Reads the certificates that the address names. */
function connectLater(settings: pg.PoolConfig): pg.Client {
  try {
    return new pg.Client(settings);
  } catch (error) {
    const {path, code} = error as NodeJS.ErrnoException;
    if (path === undefined) throw notAnAddress();
    throw new OrchestratorError(
      'bad-queue',
      `the address of the queue names ${escapeLine(path)}, which cannot be read (${code})`,
      {hint: 'correct sslrootcert, sslcert or sslkey in --queue or ORCHESTRATOR_QUEUE'},
    );
  }
}

function parseAddress(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw notAnAddress();
  }
  if (!['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new OrchestratorError('bad-queue', 'the queue is not the address of a PostgreSQL database', {hint: correct});
  }
  // A password with a "/", "?" or "#" in it ends early, and its rest stands where the database does.
  if ((url.pathname + url.search + url.hash).includes('@')) throw notAnAddress();
  // The driver takes all three for the last, and says so in ten lines.
  if (['prefer', 'require', 'verify-ca'].includes(url.searchParams.get('sslmode') ?? '')) {
    if (!url.searchParams.has('uselibpqcompat')) url.searchParams.set('sslmode', 'verify-full');
  }
  return url;
}

function notAnAddress(): OrchestratorError {
  return new OrchestratorError('bad-queue', 'the address of the queue is not a URL', {
    hint: 'write @ / : ? # and % in the password as %40 %2F %3A %3F %23 and %25, or leave the password out and set PGPASSWORD',
  });
}
