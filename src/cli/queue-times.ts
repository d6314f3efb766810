import {defaultQueueTimes, type QueueTimes} from '../dispatch/job-queue.ts';
import {OrchestratorError} from '../domain/errors.ts';
import type {Io} from './io.ts';

/** How soon the jobs of a worker that died go to another; the same on every machine. Throws when what the environment says is no number. */
export function queueTimes({env}: Pick<Io, 'env'>): QueueTimes {
  const {heartbeatSeconds, monitorSeconds} = defaultQueueTimes;
  return {
    heartbeatSeconds: seconds(env, 'ORCHESTRATOR_QUEUE_HEARTBEAT_S', heartbeatSeconds, 10),
    monitorSeconds: seconds(env, 'ORCHESTRATOR_QUEUE_MONITOR_S', monitorSeconds, 1),
  };
}

function seconds(env: Io['env'], name: string, standard: number, least: number): number {
  const text = env[name];
  if (text === undefined || text === '') return standard;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= 3_600) return value;
  throw new OrchestratorError('bad-environment', `${name} is ${JSON.stringify(text)}`, {
    hint: `give whole seconds, from ${least} to 3600`,
  });
}
