import type {Job} from '../domain/job.ts';
import type {Dispatcher, JobHandlers} from './dispatcher.ts';
import {Lull} from './lull.ts';

export interface LocalDispatcherOptions {
  /** Jobs at once, asked again before each start; 0 pauses. */
  readonly maxWorkers: () => number;
  /** False: one job at a time, from its start to its end, in the order of the plan. */
  readonly parallel: boolean;
}

/** Jobs are prepared ahead, up to one for each place: places that get free together are all filled at once. */
const maxPreparedAhead = 64;

/** Prepared at the same time: few, so that the first is ready while the others are still being read, and its call goes out. */
const maxPreparing = 6;

/** Answers come together. The calls that take their places go out first; what follows an answer, and what is prepared, can wait so long. */
const burst = {quietMs: 10, maxMs: 100};

/** Runs jobs in this process. Jobs that write the same file of the same repo follow one another. */
export function createLocalDispatcher(options: LocalDispatcherOptions): Dispatcher {
  let pump: () => void = () => {};
  return {
    refresh: () => pump(),
    dispatch: <Prepared>(jobs: readonly Job[], handlers: JobHandlers<Prepared>) =>
      new Promise<void>((resolve, reject) => {
        const waiting = [...jobs];
        const prepared: {job: Job; preparation: Promise<Prepared>}[] = [];
        const busyTargets = new Set<string>();
        let places = 0;
        let preparing = 0;
        let open = 0;
        const answers = new Lull(burst);
        let isPutOff = false;
        const prepareLater = (): void => {
          if (isPutOff) return;
          isPutOff = true;
          answers.wait().then(() => {
            isPutOff = false;
            prepareMore(true);
          });
        };
        let failure: {readonly error: unknown} | undefined;

        const prepareNext = (): boolean => {
          if (preparing >= maxPreparing) return false;
          const index = waiting.findIndex(job => !busyTargets.has(targetOf(job)));
          if (index === -1) return false;
          const [job] = waiting.splice(index, 1);
          if (job === undefined) return false;
          busyTargets.add(targetOf(job));
          const preparation = handlers.prepare(job);
          preparing++;
          const prepareAnother = (): void => {
            preparing--;
            pump();
          };
          // A rejection belongs to whoever executes the job.
          preparation.then(prepareAnother, prepareAnother);
          prepared.push({job, preparation});
          return true;
        };

        const prepareMore = (isTime: boolean): void => {
          if (failure !== undefined || !options.parallel) return;
          const ahead = Math.min(options.maxWorkers(), maxPreparedAhead);
          if (prepared.length > maxPreparing && !isTime && !answers.isNow) prepareLater();
          else while (prepared.length < ahead && prepareNext());
        };

        const start = ({job, preparation}: {job: Job; preparation: Promise<Prepared>}): void => {
          places++;
          open++;
          let hasPlace = true;
          const leavePlace = (): void => {
            if (!hasPlace) return;
            hasPlace = false;
            places--;
            answers.note();
            pump();
          };
          handlers
            .execute(job, preparation, async () => {
              if (options.parallel) leavePlace();
              if (options.parallel && (prepared.length > 0 || waiting.length > 0)) await answers.wait();
            })
            .catch(error => {
              failure ??= {error};
            })
            .then(() => {
              open--;
              busyTargets.delete(targetOf(job));
              leavePlace();
              pump();
            });
        };

        pump = () => {
          if (failure !== undefined) {
            if (open === 0) reject(failure.error);
            return;
          }
          const limit = options.parallel ? options.maxWorkers() : Math.min(1, options.maxWorkers());
          // Deliveries that are still being written may not pile up without bound behind fast models.
          const mayStart = (): boolean => places < limit && open < 2 * limit + maxPreparedAhead;
          while (mayStart() && (prepared.length > 0 || prepareNext())) start(prepared.shift()!);
          prepareMore(false);
          if (waiting.length === 0 && prepared.length === 0 && open === 0) resolve();
        };
        pump();
      }),
  };
}

function targetOf(job: Job): string {
  return JSON.stringify([job.path ?? job.url ?? job.repo, job.output]);
}
