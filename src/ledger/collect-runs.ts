import type {Database} from './database.ts';
import {isHeld, readRuns} from './run-queries.ts';

/**
 * Forgets runs that started before `before` and that no live process holds, with their jobs and changes. Deliveries, memories
 * and what a person rejected stay, and so do replies that a memory may deliver again.
 */
export async function collectRuns(
  database: Database,
  before: number,
  nowMs: number,
): Promise<{runs: number; replies: number}> {
  const old = (await readRuns(database, {limit: 1_000_000})).filter(
    run => run.startedAt < before && !isHeld(run, nowMs),
  );
  const memories = await database.read('SELECT inputs FROM memories');
  const needed = new Set(
    memories.map(row => (JSON.parse(String(row['inputs'])) as {replyDigest?: string}).replyDigest),
  );
  let replies = 0;
  for (const {id} of old) {
    const digests = (await database.read('SELECT digest FROM replies WHERE run_id = ?', [id]))
      .map(row => String(row['digest']))
      .filter(digest => !needed.has(digest));
    await database.write([
      ...digests.map(digest => ({sql: 'DELETE FROM replies WHERE digest = ?', params: [digest]})),
      {sql: 'DELETE FROM jobs WHERE run_id = ?', params: [id]},
      {sql: 'DELETE FROM changes WHERE run_id = ?', params: [id]},
      {sql: 'DELETE FROM turns WHERE run_id = ?', params: [id]},
      {sql: 'DELETE FROM batch_requests WHERE run_id = ?', params: [id]},
      {sql: 'DELETE FROM batches WHERE run_id = ?', params: [id]},
      {sql: 'DELETE FROM spending WHERE run_id = ?', params: [id]},
      {sql: 'DELETE FROM claims WHERE run_id = ? OR run_id LIKE ?', params: [id, `${id}/%`]},
      {sql: 'DELETE FROM runs WHERE id = ?', params: [id]},
    ]);
    replies += digests.length;
  }
  await database.write([{sql: 'DELETE FROM workers WHERE heartbeat_at < ?', params: [before]}]);
  return {runs: old.length, replies};
}
