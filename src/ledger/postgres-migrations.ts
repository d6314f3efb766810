import {Socket} from 'node:net';
import pg from 'pg';
import {OrchestratorError} from '../domain/errors.ts';
import {migrations} from './migrations.ts';
import {ledgerSchema} from './postgres-address.ts';

/** Any number that nobody else uses for an advisory lock in this database. */
const lockKey = 7_206_031_122;

/** Brings the tables to the version of this program; several processes may do so at once. */
export async function migratePostgres(settings: pg.PoolConfig): Promise<void> {
  const socket = new Socket();
  const client = new pg.Client({...settings, stream: () => socket});
  client.on('error', () => {});
  try {
    await client.connect();
    if ((await readVersion(client)) === migrations.length) return;
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [lockKey]);
    const version = await readVersion(client);
    refuseNewer(version);
    if (version === 0) {
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${ledgerSchema}`);
      await client.query('CREATE TABLE IF NOT EXISTS ledger_version (version BIGINT NOT NULL)');
      await client.query('INSERT INTO ledger_version (version) VALUES (0)');
    }
    for (let next = version; next < migrations.length; next++) await client.query(migrations[next]!);
    await client.query('UPDATE ledger_version SET version = $1', [migrations.length]);
    await client.query('COMMIT');
  } finally {
    await client.end().catch(() => {});
    // One that was refused half way is left open by the driver, and would keep the process for a minute.
    socket.destroy();
  }
}

/** 0 when there are no tables yet. */
async function readVersion(client: pg.Client): Promise<number> {
  // By the snapshot of this statement: to_regclass may answer from a cache that is older than the lock.
  const {rows: found} = await client.query(
    `SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = '${ledgerSchema}' AND tablename = 'ledger_version'`,
  );
  if (found.length === 0) return 0;
  const {rows} = await client.query(`SELECT version FROM ${ledgerSchema}.ledger_version`);
  return Number(rows[0]?.['version'] ?? 0);
}

/** @throws OrchestratorError */
export function refuseNewer(version: number): void {
  if (version <= migrations.length) return;
  throw new OrchestratorError(
    'ledger-newer',
    `the queue database was written by a newer version (ledger version ${version}, this one knows ${migrations.length})`,
    {hint: 'update orchestrator on this machine'},
  );
}
