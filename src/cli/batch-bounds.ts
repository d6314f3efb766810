import {type BatchTimes, defaultBatchTimes, defaultGroupLimits, type GroupLimits} from '../run/batch-times.ts';
import {environmentCount} from './environment-count.ts';
import type {Io} from './io.ts';

const milliseconds = {unit: 'milliseconds', least: 1, most: 3_600_000};

/** How often providers are asked about batches, and how large batches get. Throws when what the environment says is no number. */
export function batchBounds(env: Io['env']): BatchTimes & GroupLimits {
  const {pollMs, maxPollMs, settleMs} = defaultBatchTimes;
  const {requests, bytes} = defaultGroupLimits;
  return {
    pollMs: environmentCount(env, 'ORCHESTRATOR_BATCH_POLL_MS', pollMs, milliseconds),
    maxPollMs: environmentCount(env, 'ORCHESTRATOR_BATCH_MAX_POLL_MS', maxPollMs, milliseconds),
    settleMs: environmentCount(env, 'ORCHESTRATOR_BATCH_SETTLE_MS', settleMs, milliseconds),
    requests: environmentCount(env, 'ORCHESTRATOR_BATCH_REQUESTS', requests, {
      unit: 'requests',
      least: 1,
      most: 100_000,
    }),
    bytes: environmentCount(env, 'ORCHESTRATOR_BATCH_BYTES', bytes, {unit: 'bytes', least: 1, most: 200_000_000}),
  };
}
