import {OrchestratorError} from '../domain/errors.ts';
import {type BatchTimes, defaultBatchTimes} from '../run/batch-times.ts';

/** How often providers are asked about batches. Throws when what the environment says is no number. */
export function batchTimes(env: Readonly<Record<string, string | undefined>>): BatchTimes {
  const {pollMs, maxPollMs, settleMs} = defaultBatchTimes;
  return {
    pollMs: milliseconds(env, 'ORCHESTRATOR_BATCH_POLL_MS', pollMs),
    maxPollMs: milliseconds(env, 'ORCHESTRATOR_BATCH_MAX_POLL_MS', maxPollMs),
    settleMs: milliseconds(env, 'ORCHESTRATOR_BATCH_SETTLE_MS', settleMs),
  };
}

function milliseconds(env: Readonly<Record<string, string | undefined>>, name: string, standard: number): number {
  const text = env[name];
  if (text === undefined || text === '') return standard;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 3_600_000) return value;
  throw new OrchestratorError('bad-environment', `${name} is ${JSON.stringify(text)}`, {
    hint: 'give whole milliseconds, from 1 to 3600000',
  });
}
