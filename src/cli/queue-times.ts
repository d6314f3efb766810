import {defaultQueueTimes, type QueueTimes} from '../dispatch/job-queue.ts';
import {environmentCount} from './environment-count.ts';
import type {Io} from './io.ts';

/** How soon the jobs of a worker that died go to another; the same on every machine. Throws when what the environment says is no number. */
export function queueTimes({env}: Pick<Io, 'env'>): QueueTimes {
  const {heartbeatSeconds, monitorSeconds} = defaultQueueTimes;
  const seconds = (name: string, standard: number, least: number): number =>
    environmentCount(env, name, standard, {unit: 'seconds', least, most: 3_600});
  return {
    heartbeatSeconds: seconds('ORCHESTRATOR_QUEUE_HEARTBEAT_S', heartbeatSeconds, 10),
    monitorSeconds: seconds('ORCHESTRATOR_QUEUE_MONITOR_S', monitorSeconds, 1),
  };
}
