import type {Job} from '../domain/job.ts';
import type {NotStartedReason} from '../domain/outcome.ts';
import {begunAt, type JobRecord, type RunRecord} from '../domain/run.ts';
import type {SharedLedger} from '../ledger/shared-ledger.ts';
import type {RunSettings} from '../run/run-settings.ts';
import type {JobQueue} from './job-queue.ts';

/** What of a run goes into the queue at once: of one that is not parallel the job whose turn it is. `jobs` in the order of the plan. */
export function dueFirst({parallel}: Pick<RunSettings, 'parallel'>, jobs: readonly Job[]): readonly Job[] {
  return parallel ? jobs : jobs.slice(0, 1);
}

/** Ends what nobody is at when the run was stopped or its deadline has passed, also where no worker could take it. How many jobs. */
export async function endWhatWaits(
  run: RunRecord,
  ledger: Pick<SharedLedger, 'endWaitingJobs'>,
  nowMs: number,
): Promise<number> {
  const reason = whyNothingStarts(run, nowMs);
  return reason === undefined ? 0 : await ledger.endWaitingJobs(run.id, {begunAt: begunAt(run), reason});
}

function whyNothingStarts({control, deadlineAt}: RunRecord, nowMs: number): NotStartedReason | undefined {
  if (control.stop !== 'no') return 'stopped';
  return deadlineAt !== undefined && nowMs >= deadlineAt ? 'deadline' : undefined;
}

/**
 * Puts jobs into the queue that wait and are not in it: what the queue gave up, and of a run that is not parallel the job
 * whose turn it is. How many.
 */
export async function putBackLost(
  run: RunRecord,
  ledger: SharedLedger,
  queue: Pick<JobQueue, 'countEntries' | 'lacking' | 'putBack'>,
): Promise<number> {
  const lost = await queue.lacking(
    run.id,
    (await findUnattended(run, ledger, queue)).map(({job}) => job),
  );
  if (lost.length > 0) await queue.putBack(run.id, lost);
  return lost.length;
}

async function findUnattended(
  run: RunRecord,
  ledger: SharedLedger,
  queue: Pick<JobQueue, 'countEntries'>,
): Promise<readonly JobRecord[]> {
  const running = await ledger.jobs(run.id, {state: 'running'});
  const alive = new Set((await ledger.workers()).map(({id}) => id));
  const orphans = running.filter(({worker}) => worker === undefined || !alive.has(worker));
  if (!(run.settings as RunSettings).parallel) {
    return running.length > 0 ? orphans : await ledger.jobs(run.id, {state: 'pending', first: 1});
  }
  // Nearly always each has its entry; to know that takes no look at every job.
  const open = (await ledger.waitingJobs(run.id)).reduce((sum, {jobs}) => sum + jobs, running.length);
  if ((await queue.countEntries(run.id)) >= open) return [];
  return [...orphans, ...(await ledger.jobs(run.id, {state: 'pending'}))];
}
