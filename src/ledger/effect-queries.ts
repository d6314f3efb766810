import type {Database, Statement} from './database.ts';
import type {EffectReservation} from './ledger.ts';

/**
 * Takes one of the places of a window of time, in every run and process that shares the ledger. The same name twice is one place.
 * Gives when the next place gets free, milliseconds since 1970, when there is none.
 */
export async function reserveEffect(
  database: Database,
  {name, kind, runId, jobId, limit, windowMs}: EffectReservation,
  nowMs: number,
): Promise<number | undefined> {
  const since = nowMs - windowMs;
  const [, inserted, known] = await database.write([
    lockPace(kind),
    {
      sql: `INSERT INTO effects (name, kind, run_id, job_id, state, at)
            SELECT ?, ?, ?, ?, 'intended', ? WHERE (SELECT COUNT(*) FROM effects WHERE kind = ? AND at > ? AND name <> ?) < ?
            ON CONFLICT (name) DO NOTHING RETURNING name`,
      params: [name, kind, runId, jobId, nowMs, kind, since, name, limit],
    },
    {sql: 'UPDATE effects SET run_id = ?, job_id = ? WHERE name = ? RETURNING name', params: [runId, jobId, name]},
  ]);
  if (inserted?.length === 1 || known?.length === 1) return undefined;
  // The place that gets free next is that of the oldest of the newest `limit`.
  const rows = await database.read('SELECT at FROM effects WHERE kind = ? AND at > ? ORDER BY at DESC LIMIT ?', [
    kind,
    since,
    limit,
  ]);
  return Number(rows.at(-1)?.['at'] ?? nowMs) + windowMs + 1;
}

export function confirmEffect(name: string): Statement {
  return {sql: `UPDATE effects SET state = 'confirmed' WHERE name = ?`, params: [name]};
}

/** Nothing was done: the place is free again. */
export function releaseEffect(name: string): Statement {
  return {sql: `DELETE FROM effects WHERE name = ? AND state = 'intended'`, params: [name]};
}

/** Keeps others from counting until the transaction ends. */
function lockPace(kind: string): Statement {
  return {
    sql: 'INSERT INTO paces (kind, uses) VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET uses = paces.uses + 1',
    params: [kind],
  };
}
