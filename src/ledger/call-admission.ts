import type {Database} from './database.ts';
import type {CallAdmission, CallToAdmit} from './ledger.ts';

/** A call reaches its provider at some moment between its admission and its end, so it counts until a minute after its end. */
const windowMs = 60_000;
const counts = '(ended_at > ? OR (ended_at IS NULL AND expires_at > ?))';

/**
 * Admits a call when it fits the limits of its provider together with all calls of whoever uses this ledger. The row of the
 * provider is held meanwhile, so that nobody else is admitted between the look and the record.
 */
export async function admitCall(database: Database, call: CallToAdmit, nowMs: number): Promise<CallAdmission> {
  const {id, provider, tokens, limits} = call;
  const since = nowMs - windowMs;
  const [held, , admitted] = await database.write([
    {
      sql: `INSERT INTO provider_limits (provider, paused_until) VALUES (?, 0)
            ON CONFLICT (provider) DO UPDATE SET provider = excluded.provider RETURNING paused_until`,
      params: [provider],
    },
    {
      sql: 'DELETE FROM provider_calls WHERE provider = ? AND (ended_at < ? OR expires_at < ?)',
      params: [provider, since, since],
    },
    {
      sql: `INSERT INTO provider_calls (id, provider, started_at, expires_at, tokens) SELECT ?, ?, ?, ?, ?
            WHERE (SELECT COUNT(*) FROM provider_calls WHERE provider = ? AND ended_at IS NULL AND expires_at > ?) < ?
              AND (SELECT COUNT(*) FROM provider_calls WHERE provider = ? AND ${counts}) < ?
              AND (SELECT COALESCE(SUM(tokens), 0) FROM provider_calls WHERE provider = ? AND ${counts}) <= ?
              AND NOT EXISTS (SELECT 1 FROM provider_limits WHERE provider = ? AND paused_until > ?)
            RETURNING id`,
      params: [
        ...[id, provider, nowMs, nowMs + call.longestMs, tokens],
        ...[provider, nowMs, limits.maxInFlight ?? Number.MAX_SAFE_INTEGER],
        ...[provider, since, since, limits.requestsPerMinute ?? Number.MAX_SAFE_INTEGER],
        // One that is larger than a whole minute's share would never fit: it goes alone.
        ...[provider, since, since, Math.max(0, (limits.tokensPerMinute ?? Number.MAX_SAFE_INTEGER) - tokens)],
        ...[provider, nowMs],
      ],
    },
  ]);
  if (admitted?.length === 1) return {admitted: true};
  const pausedUntil = Number(held?.[0]?.['paused_until'] ?? 0);
  return {admitted: false, waitMs: Math.max(0, pausedUntil - nowMs)};
}

export async function endAdmittedCall(database: Database, id: string, nowMs: number): Promise<void> {
  await database.write([{sql: 'UPDATE provider_calls SET ended_at = ? WHERE id = ?', params: [nowMs, id]}]);
}

/** The provider asked for a pause: it holds for everybody. */
export async function pauseProvider(database: Database, provider: string, untilMs: number): Promise<void> {
  await database.write([
    {
      sql: `INSERT INTO provider_limits (provider, paused_until) VALUES (?, ?)
            ON CONFLICT (provider) DO UPDATE SET paused_until = excluded.paused_until WHERE provider_limits.paused_until < excluded.paused_until`,
      params: [provider, untilMs],
    },
  ]);
}
