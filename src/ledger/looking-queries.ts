import type {JobRecord} from '../domain/run.ts';
import type {Database} from './database.ts';
import type {CallMinute, CostKey, CostRow} from './ledger.ts';
import {toJob} from './run-queries.ts';

const minuteMs = 60_000;

export async function readCallMinutes(database: Database, runId: string): Promise<CallMinute[]> {
  const rows = await database.read(
    `SELECT at / ${minuteMs} AS minute, COUNT(*) AS calls, SUM(COALESCE(spent_nano, reserved_nano)) AS nano FROM spending
     WHERE run_id = ? AND state <> 'released' GROUP BY at / ${minuteMs} ORDER BY minute`,
    [runId],
  );
  return rows.map(row => ({
    at: Number(row['minute']) * minuteMs,
    calls: Number(row['calls']),
    usd: Number(row['nano']) / 1e9,
  }));
}

export async function readLastJobs(database: Database): Promise<(JobRecord & {runId: string})[]> {
  const rows = await database.read(
    // The last job of each is found by its keys alone, so that no other job is read whole.
    `SELECT jobs.run_id, jobs.spec, jobs.state, jobs.detail, jobs.started_at, jobs.ended_at FROM jobs JOIN (
       SELECT jobs.run_id, jobs.id, ROW_NUMBER() OVER (PARTITION BY jobs.repo ORDER BY runs.started_at DESC, runs.id DESC,
         CASE jobs.status WHEN 'failed' THEN 0 WHEN 'held' THEN 1 ELSE 2 END, jobs.sequence) AS place
       FROM jobs JOIN runs ON runs.id = jobs.run_id) newest ON newest.run_id = jobs.run_id AND newest.id = jobs.id
     WHERE newest.place = 1 ORDER BY jobs.repo`,
  );
  return rows.map(row => ({...toJob(row), runId: String(row['run_id'])}));
}

const weekMs = 7 * 86_400_000;
// 1 January 1970 was a Thursday; weeks begin on Monday.
const mondayMs = 4 * 86_400_000;

const costNames: Record<CostKey, string> = {
  repo: 'jobs.repo',
  skill: 'jobs.skill',
  model: 'spending.model',
  week: `(spending.at - ${mondayMs}) / ${weekMs}`,
};

export async function readCosts(database: Database, by: CostKey, since: number): Promise<CostRow[]> {
  const rows = await database.read(
    `SELECT ${costNames[by]} AS name, COUNT(*) AS calls, SUM(COALESCE(spent_nano, reserved_nano)) AS nano
     FROM spending JOIN jobs ON jobs.run_id = spending.run_id AND jobs.id = spending.job_id
     WHERE spending.state <> 'released' AND spending.at >= ? GROUP BY ${costNames[by]} ORDER BY nano DESC`,
    [since],
  );
  return rows.map(row => ({
    name:
      by === 'week'
        ? new Date(Number(row['name']) * weekMs + mondayMs).toISOString().slice(0, 10)
        : String(row['name']),
    calls: Number(row['calls']),
    usd: Number(row['nano']) / 1e9,
  }));
}
