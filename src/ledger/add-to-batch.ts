import type {BatchRequestKey} from './batch-ledger.ts';
import type {Statement} from './database.ts';
import type {CallReservation} from './ledger.ts';

/** Puts a call that is being reserved into a batch: from then on the end of its process is not the end of the call. */
export function addToBatch(
  {runId, job, repoKey}: CallReservation,
  {batchId, digest, inputs, commit}: BatchRequestKey,
  spendingId: string,
  scopes: readonly string[],
): Statement[] {
  return [
    {
      sql: `INSERT INTO batch_requests (batch_id, digest, run_id, job_id, repo_key, skill, output, inputs, commit_id, spending_id, scopes, state)
            SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting' WHERE EXISTS (SELECT 1 FROM spending WHERE id = ?)`,
      params: [
        batchId,
        digest,
        runId,
        job.id,
        repoKey,
        job.skill,
        job.outputPattern,
        inputs,
        commit,
        spendingId,
        JSON.stringify(scopes),
        spendingId,
      ],
    },
    {sql: `UPDATE spending SET state = 'batched', batch = 1 WHERE id = ?`, params: [spendingId]},
  ];
}
