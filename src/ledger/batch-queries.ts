import type {BatchLedger, BatchRecord, BatchRequestRecord, BatchState} from './batch-ledger.ts';
import {type Database, GuardFailed, type Row} from './database.ts';
import {insertReply, settleCall, toNano} from './spending-queries.ts';

export function createBatchLedger(database: Database, clock: {now(): number}): BatchLedger {
  const readRequests = async (where: string, params: readonly (string | number)[]): Promise<StoredRequest[]> => {
    const rows = await database.read(
      `SELECT batch_requests.*, batches.state AS batch_state FROM batch_requests JOIN batches ON batches.id = batch_requests.batch_id
       WHERE ${where} ORDER BY batches.created_at DESC, batch_requests.batch_id, batch_requests.digest`,
      params,
    );
    return rows.map(toRequest);
  };
  return {
    async begin(id, runId, model) {
      await database.write([
        {
          sql: `INSERT INTO batches (id, run_id, model, state, created_at) VALUES (?, ?, ?, 'collecting', ?)`,
          params: [id, runId, model, clock.now()],
        },
      ]);
    },
    async markSending(id) {
      await database.write([
        {sql: `UPDATE batches SET state = 'sending', sent_at = ? WHERE id = ?`, params: [clock.now(), id]},
      ]);
    },
    async markSubmitted(id, providerId) {
      await database.write([
        {
          sql: 'UPDATE batches SET state = ?, provider_id = ? WHERE id = ?',
          params: [providerId === undefined ? 'sending' : 'submitted', providerId ?? null, id],
        },
      ]);
    },
    async drop(id) {
      const requests = await readRequests('batch_requests.batch_id = ?', [id]);
      await database.write([
        ...requests.flatMap(request => settleCall(request.spendingId, request.scopes, 'released', 0, 'batched')),
        {sql: 'DELETE FROM batch_requests WHERE batch_id = ?', params: [id]},
        {sql: 'DELETE FROM batches WHERE id = ?', params: [id]},
      ]);
    },
    async settle({batchId, digest}, end) {
      const [stored] = await readRequests('batch_requests.batch_id = ? AND digest = ?', [batchId, digest]);
      if (stored?.state !== 'waiting') return;
      const {runId, jobId, spendingId, scopes} = stored;
      const isAnswered = end.kind === 'answered';
      const spent = !isAnswered ? 0 : end.cost.usd === null ? null : toNano(end.cost.usd);
      try {
        await database.write([
          {
            sql: `UPDATE batch_requests SET state = ?, failure = ? WHERE batch_id = ? AND digest = ? AND state = 'waiting' RETURNING digest`,
            params: [isAnswered ? 'answered' : 'failed', isAnswered ? null : end.reason, batchId, digest],
            guard: true,
          },
          ...(isAnswered ? [insertReply({digest, runId, jobId, ...end}, clock.now())] : []),
          ...(end.kind === 'lost'
            ? settleCall(spendingId, scopes, 'lost', null, 'batched')
            : settleCall(spendingId, scopes, isAnswered ? 'settled' : 'released', spent, 'batched')),
        ]);
      } catch (error) {
        // Another process that waits for the same batch was faster.
        if (!(error instanceof GuardFailed)) throw error;
      }
    },
    async markEnded(id) {
      await database.write([
        {sql: `UPDATE batches SET state = 'ended', ended_at = ? WHERE id = ?`, params: [clock.now(), id]},
      ]);
    },
    async open() {
      const rows = await database.read(
        `SELECT batches.*, (SELECT COUNT(*) FROM batch_requests WHERE batch_id = batches.id) AS requests FROM batches
         WHERE state <> 'ended' ORDER BY created_at, id`,
      );
      return rows.map(toBatch);
    },
    async providerIds() {
      const rows = await database.read('SELECT provider_id FROM batches WHERE provider_id IS NOT NULL');
      return new Set(rows.map(row => String(row['provider_id'])));
    },
    requests: batchId => readRequests('batch_requests.batch_id = ?', [batchId]),
    async ofJob(runId, jobId) {
      const where = `batch_requests.run_id = ? AND job_id = ? AND batch_requests.state <> 'failed'`;
      return (await readRequests(where, [runId, jobId]))[0];
    },
    find({runId, job, repoKey, digest, inputs}) {
      if (job.force) {
        return readRequests('batch_requests.run_id = ? AND job_id = ? AND digest = ?', [runId, job.id, digest]);
      }
      return readRequests('(digest = ? OR (repo_key = ? AND skill = ? AND output = ? AND inputs = ?))', [
        digest,
        repoKey,
        job.skill,
        job.outputPattern,
        inputs,
      ]);
    },
  };
}

interface StoredRequest extends BatchRequestRecord {
  readonly spendingId: string;
  readonly scopes: readonly string[];
}

function toRequest(row: Row): StoredRequest {
  return {
    batchId: String(row['batch_id']),
    digest: String(row['digest']),
    inputs: String(row['inputs']),
    commit: String(row['commit_id']),
    runId: String(row['run_id']),
    jobId: String(row['job_id']),
    repoKey: String(row['repo_key']),
    state: String(row['state']) as BatchRequestRecord['state'],
    batchState: String(row['batch_state']) as BatchState,
    spendingId: String(row['spending_id']),
    scopes: JSON.parse(String(row['scopes'])) as string[],
  };
}

function toBatch(row: Row): BatchRecord {
  return {
    id: String(row['id']),
    runId: String(row['run_id']),
    model: String(row['model']),
    state: String(row['state']) as BatchState,
    requests: Number(row['requests']),
    ...(row['provider_id'] == null ? {} : {providerId: String(row['provider_id'])}),
    ...(row['sent_at'] == null ? {} : {sentAt: Number(row['sent_at'])}),
  };
}
