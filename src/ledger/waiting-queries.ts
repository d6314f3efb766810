import type {NotStartedReason} from '../domain/outcome.ts';
import type {JobDetail, WaitingJobs} from '../domain/run.ts';
import {type Cost, noCost, noUsage} from '../domain/usage.ts';
import type {Database, Statement} from './database.ts';
import {silentWorkerMs} from './run-queries.ts';

export async function readWaitingJobs(database: Database, runId: string): Promise<WaitingJobs[]> {
  const rows = await database.read(
    `SELECT needs, COUNT(*) AS jobs FROM jobs WHERE run_id = ? AND state = 'pending' GROUP BY needs ORDER BY needs`,
    [runId],
  );
  return rows.map(row => ({
    needs: String(row['needs'])
      .split(' ')
      .filter(need => need !== ''),
    jobs: Number(row['jobs']),
  }));
}

/**
 * Ends the jobs of a run that nobody is at: those that wait, and those of workers that are heard of no more. `begunAt` is
 * that of the run which was looked at, so that one that was resumed meanwhile goes on. The first statement returns the ids.
 */
export function endWaitingJobs(
  runId: string,
  {begunAt, reason}: {readonly begunAt: number; readonly reason: NotStartedReason},
  nowMs: number,
): Statement[] {
  const detail = notStarted(reason, noCost);
  return [
    {
      sql: `UPDATE jobs SET state = 'ended', status = ?, detail = ?, started_at = COALESCE(started_at, ?), ended_at = ?, fence = fence + 1
            WHERE run_id = ? AND EXISTS (SELECT 1 FROM runs WHERE id = ? AND state = 'running' AND COALESCE(resumed_at, started_at) = ?)
              AND (state = 'pending' OR state = 'running' AND NOT EXISTS (
                SELECT 1 FROM workers WHERE workers.id = jobs.worker AND workers.heartbeat_at >= ?)) RETURNING id`,
      params: [
        ...[detail.outcome.status, JSON.stringify(detail), nowMs, nowMs],
        ...[runId, runId, begunAt, nowMs - silentWorkerMs],
      ],
    },
    // Nobody knows whether the calls of whoever had them were billed.
    {
      sql: `UPDATE spending SET state = 'lost', spent_nano = reserved_nano WHERE run_id = ? AND state = 'reserved'
              AND job_id IN (SELECT id FROM jobs WHERE run_id = ? AND state = 'ended')`,
      params: [runId, runId],
    },
    {
      sql: `DELETE FROM claims WHERE run_id IN (SELECT run_id || '/' || id FROM jobs WHERE run_id = ? AND state = 'ended')`,
      params: [runId],
    },
  ];
}

export function noteCost(runId: string, jobId: string, reason: NotStartedReason, usd: number): Statement {
  return {
    sql: 'UPDATE jobs SET detail = ? WHERE run_id = ? AND id = ?',
    params: [JSON.stringify(notStarted(reason, {usd})), runId, jobId],
  };
}

function notStarted(reason: NotStartedReason, cost: Cost): JobDetail {
  return {
    outcome: {status: 'not-started', reason, usage: noUsage, cost},
    heldBack: [],
    leftOut: {},
    replayed: false,
    attempts: 0,
  };
}
