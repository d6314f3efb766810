import type {WorkerRecord, WorkerTrouble} from '../domain/run.ts';
import type {Database, Row, Statement} from './database.ts';
import type {LiveWorker} from './ledger.ts';
import {silentWorkerMs} from './run-queries.ts';

/** Workers that were heard of lately. */
export async function readWorkers(database: Database, nowMs: number): Promise<LiveWorker[]> {
  const rows = await database.read('SELECT * FROM workers WHERE heartbeat_at >= ? ORDER BY host, started_at', [
    nowMs - silentWorkerMs,
  ]);
  return rows.map(row => {
    const worker = toWorker(row);
    return {...worker, silentMs: Math.max(0, nowMs - worker.heartbeatAt)};
  });
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
    troubles: JSON.parse(String(row['troubles'])) as WorkerTrouble[],
  };
}

export function beatWorker(worker: WorkerRecord): Statement {
  return {
    sql: `INSERT INTO workers (id, host, pid, version, labels, max_workers, jobs, troubles, started_at, heartbeat_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET jobs = excluded.jobs, troubles = excluded.troubles, heartbeat_at = excluded.heartbeat_at`,
    params: [
      worker.id,
      worker.host,
      worker.pid,
      worker.version,
      JSON.stringify(worker.labels),
      worker.maxWorkers,
      worker.jobs,
      JSON.stringify(worker.troubles),
      worker.startedAt,
      worker.heartbeatAt,
    ],
  };
}
