import type {Decision} from '../domain/change.ts';
import type {Delivered} from '../domain/outcome.ts';
import {hasLeft, type Rejected} from './change-queries.ts';
import type {Database, Statement} from './database.ts';

export async function decide(
  database: Database,
  runId: string,
  jobIds: readonly string[],
  decision: Decision,
  nowMs: number,
): Promise<string[]> {
  const results = await database.write(
    jobIds.flatMap(jobId => [
      {
        sql: `UPDATE changes SET decision = ?, reason = ?, decided_at = ? WHERE run_id = ? AND job_id = ? RETURNING job_id`,
        params: [
          decision.kind,
          decision.kind === 'rejected' ? reasonText(decision) : null,
          decision.kind === 'pending' ? null : decision.at,
          runId,
          jobId,
        ],
      },
      decision.kind === 'rejected' ? rememberRejection(runId, jobId, decision, nowMs) : forgetRejection(runId, jobId),
      ...(decision.kind === 'accepted' ? [supersedeOthers(runId, jobId)] : []),
    ]),
  );
  return results.flat().flatMap(row => (row['job_id'] === undefined ? [] : [String(row['job_id'])]));
}

function reasonText({why, text}: Rejected): string {
  return JSON.stringify({why, ...(text === undefined ? {} : {text})});
}

function rememberRejection(runId: string, jobId: string, decision: Rejected, nowMs: number): Statement {
  return {
    sql: `INSERT INTO rejections (repo_key, patch_id, run_id, job_id, reason, at)
          SELECT repo_key, patch_id, run_id, job_id, ?, ? FROM changes WHERE run_id = ? AND job_id = ?
          ON CONFLICT (repo_key, patch_id) DO UPDATE SET run_id = excluded.run_id, job_id = excluded.job_id, reason = excluded.reason, at = excluded.at`,
    params: [JSON.stringify({...decision}), nowMs, runId, jobId],
  };
}

function forgetRejection(runId: string, jobId: string): Statement {
  return {
    sql: `DELETE FROM rejections WHERE EXISTS (SELECT 1 FROM changes WHERE changes.run_id = ? AND changes.job_id = ?
            AND changes.repo_key = rejections.repo_key AND changes.patch_id = rejections.patch_id)`,
    params: [runId, jobId],
  };
}

/** Two changes of one job exclude one another: each is the whole way from its own commit to the result. */
function supersedeOthers(runId: string, jobId: string): Statement {
  return {
    sql: `UPDATE changes SET superseded_by = ? WHERE job_id = ? AND run_id <> ? AND has_left = 0 AND EXISTS (
            SELECT 1 FROM changes AS accepted WHERE accepted.run_id = ? AND accepted.job_id = ? AND accepted.repo_key = changes.repo_key
              AND accepted.recorded_at >= changes.recorded_at)`,
    params: [runId, jobId, runId, runId, jobId],
  };
}

export async function readRejection(
  database: Database,
  repoKey: string,
  patchId: string,
): Promise<Rejected | undefined> {
  const [row] = await database.read('SELECT reason FROM rejections WHERE repo_key = ? AND patch_id = ?', [
    repoKey,
    patchId,
  ]);
  return row === undefined ? undefined : (JSON.parse(String(row['reason'])) as Rejected);
}

export function markDelivered(runId: string, jobId: string, delivered: Delivered): Statement {
  return {
    sql: 'UPDATE changes SET delivered = ?, has_left = ? WHERE run_id = ? AND job_id = ?',
    params: [JSON.stringify(delivered), hasLeft(delivered), runId, jobId],
  };
}

export async function isAccepted(database: Database, repoKey: string, patchId: string): Promise<boolean> {
  const sql = `SELECT 1 FROM changes WHERE repo_key = ? AND patch_id = ? AND decision = 'accepted' LIMIT 1`;
  return (await database.read(sql, [repoKey, patchId])).length > 0;
}
