import type {WorkerRecord} from '../domain/run.ts';
import type {Database, Row} from './database.ts';
import {silentWorkerMs} from './run-queries.ts';

/** Workers that were heard of lately. */
export async function readWorkers(database: Database, nowMs: number): Promise<WorkerRecord[]> {
  const rows = await database.read('SELECT * FROM workers WHERE heartbeat_at >= ? ORDER BY host, started_at', [
    nowMs - silentWorkerMs,
  ]);
  return rows.map(toWorker);
}

function toWorker(row: Row): WorkerRecord {
  return {
    id: String(row['id']),
    host: String(row['host']),
    pid: Number(row['pid']),
    version: String(row['version']),
    labels: JSON.parse(String(row['labels'])) as string[],
    maxWorkers: Number(row['max_workers']),
    jobs: Number(row['jobs']),
    startedAt: Number(row['started_at']),
    heartbeatAt: Number(row['heartbeat_at']),
  };
}
