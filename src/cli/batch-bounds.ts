import {OrchestratorError} from '../domain/errors.ts';
import {type BatchTimes, defaultBatchTimes, defaultGroupLimits, type GroupLimits} from '../run/batch-times.ts';

/** How often providers are asked about batches, and how large batches get. Throws when what the environment says is no number. */
export function batchBounds(env: Env): BatchTimes & GroupLimits {
  const {pollMs, maxPollMs, settleMs} = defaultBatchTimes;
  return {
    pollMs: milliseconds(env, 'ORCHESTRATOR_BATCH_POLL_MS', pollMs),
    maxPollMs: milliseconds(env, 'ORCHESTRATOR_BATCH_MAX_POLL_MS', maxPollMs),
    settleMs: milliseconds(env, 'ORCHESTRATOR_BATCH_SETTLE_MS', settleMs),
    requests: whole(env, 'ORCHESTRATOR_BATCH_REQUESTS', defaultGroupLimits.requests, 'requests', 100_000),
    bytes: whole(env, 'ORCHESTRATOR_BATCH_BYTES', defaultGroupLimits.bytes, 'bytes', 200_000_000),
  };
}

type Env = Readonly<Record<string, string | undefined>>;

function milliseconds(env: Env, name: string, standard: number): number {
  return whole(env, name, standard, 'milliseconds', 3_600_000);
}

function whole(env: Env, name: string, standard: number, unit: string, most: number): number {
  const text = env[name];
  if (text === undefined || text === '') return standard;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new OrchestratorError('bad-environment', `${name} is ${JSON.stringify(text)}`, {
    hint: `give whole ${unit}, from 1 to ${most}`,
  });
}
