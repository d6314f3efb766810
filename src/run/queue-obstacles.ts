import type {WaitingJobs} from '../domain/run.ts';
import type {LiveWorker} from '../ledger/ledger.ts';

/** Why jobs of a run in the queue do not go on, a line each: nobody who may have them is alive, or who is cannot execute the run. */
export function describeObstacles(
  runId: string,
  waiting: readonly WaitingJobs[],
  workers: readonly LiveWorker[],
): string[] {
  const unserved = waiting.filter(
    ({needs}) => needs.length > 0 && !workers.some(({labels}) => needs.every(need => labels.includes(need))),
  );
  return [
    ...unserved.map(
      ({needs, jobs}) =>
        `${jobs === 1 ? '1 job waits' : `${jobs} jobs wait`} for a worker with ${needs.join('+')}; none is alive`,
    ),
    ...workers.flatMap(({id, troubles}) =>
      troubles
        .filter(trouble => trouble.runId === runId)
        .map(({message}) => `worker ${id} cannot execute ${runId}: ${message}`),
    ),
  ];
}
