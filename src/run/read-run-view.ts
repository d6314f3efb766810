import {isQueued, type JobRecord, type RunRecord, type RunState} from '../domain/run.ts';
import type {BatchRecord} from '../ledger/batch-ledger.ts';
import type {Ledger, LiveWorker} from '../ledger/ledger.ts';
import {chooseRetried} from './plan-retry.ts';
import {describeObstacles} from './queue-obstacles.ts';
import type {RunSettings} from './run-settings.ts';

export interface RunCounts {
  readonly total: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly upToDate: number;
  readonly failed: number;
  /** Kept for a person: nobody has decided, or the accepted change has not been delivered. */
  readonly held: number;
  /** Was held, and what a person said and did since. */
  readonly heldDelivered: number;
  readonly heldRejected: number;
  /** Was held, and a later change of the same job took its place. */
  readonly heldSuperseded: number;
  readonly notStarted: number;
  readonly running: number;
  readonly pending: number;
}

/** A run as people look at it. */
export interface RunView {
  readonly run: RunRecord;
  /** `interrupted` also where nobody has recorded that its process is gone. */
  readonly state: RunState;
  readonly counts: RunCounts;
  readonly spentUsd: number;
  /** Worst case of the calls in flight. */
  readonly reservedUsd: number;
  readonly budgetUsd?: number;
}

export interface RunDetails extends RunView {
  /** Of the queue, while the run goes on; absent for a run of one machine. */
  readonly workers?: readonly LiveWorker[];
  /** Why jobs that wait in the queue do not go on, a line each. */
  readonly obstacles: readonly string[];
  readonly running: readonly JobRecord[];
  /** Newest first. */
  readonly failures: readonly JobRecord[];
  /** Jobs that `retry` would run again; none while the run goes on. */
  readonly toRetry: number;
  /** Changes that wait for a decision, and accepted ones that wait to be delivered. */
  readonly toReview: number;
  readonly toDeliver: number;
  /** Changes that a person let go, and that have left; and those that a person refused. */
  readonly reviewed: number;
  readonly rejected: number;
  /** What waits at a provider. */
  readonly batches: readonly BatchRecord[];
  /** Milliseconds since 1970 at which it ends if it goes on like its latest jobs. */
  readonly endsAt?: number;
}

export async function readRunView(ledger: Ledger, run: RunRecord): Promise<RunView> {
  const counts = await ledger.countJobs(run.id);
  const of = (name: string): number => counts.get(name) ?? 0;
  const budgetUsd = run.control.budgetUsd ?? (run.settings as Partial<RunSettings> | null)?.budgetUsd;
  return {
    run,
    state: run.state === 'running' && !ledger.isHeld(run) ? 'interrupted' : run.state,
    counts: {
      total: [...counts.values()].reduce((sum, count) => sum + count, 0),
      changed: of('changed'),
      unchanged: of('unchanged'),
      upToDate: of('up-to-date'),
      failed: of('failed'),
      held: of('held'),
      heldDelivered: of('held-delivered'),
      heldRejected: of('held-rejected'),
      heldSuperseded: of('held-superseded'),
      notStarted: of('not-started'),
      running: of('running'),
      pending: of('pending'),
    },
    ...(await ledger.costOfRun(run.id)),
    ...(budgetUsd === undefined ? {} : {budgetUsd}),
  };
}

const shownFailures = 5;
const shownRunning = 8;

export async function readRunDetails(ledger: Ledger, run: RunRecord, nowMs: number): Promise<RunDetails> {
  const view = await readRunView(ledger, run);
  const isOpen = view.counts.running + view.counts.pending > 0;
  const endsAt =
    view.state === 'running'
      ? estimateEnd(view, await ledger.jobs(run.id, {state: 'ended', newest: 50}), nowMs)
      : undefined;
  const changes = await ledger.countChanges(run.id);
  const batches = await ledger.batches.open();
  const workers = isQueued(run) && view.state === 'running' ? await ledger.workers() : undefined;
  return {
    ...view,
    batches: batches.filter(({runId, state}) => runId === run.id && state !== 'collecting'),
    toRetry: view.state === 'running' ? 0 : await countRetried(ledger, view),
    toReview: changes.get('to-review') ?? 0,
    toDeliver: changes.get('to-deliver') ?? 0,
    reviewed: changes.get('reviewed') ?? 0,
    rejected: changes.get('rejected') ?? 0,
    running: isOpen ? (await ledger.jobs(run.id, {state: 'running'})).slice(0, shownRunning) : [],
    failures: await ledger.jobs(run.id, {status: 'failed', newest: shownFailures}),
    ...(endsAt === undefined ? {} : {endsAt}),
    ...(workers === undefined ? {} : {workers}),
    obstacles: workers === undefined ? [] : describeObstacles(run.id, await ledger.waitingJobs(run.id), workers),
  };
}

async function countRetried(ledger: Ledger, {run, counts}: RunView): Promise<number> {
  const failed = counts.failed === 0 ? [] : await ledger.jobs(run.id, {status: 'failed'});
  return (
    counts.notStarted +
    counts.running +
    counts.pending +
    (await chooseRetried(ledger, run.id, failed, {all: false})).length
  );
}

/** From the pace of the latest jobs, so that a run which was resumed after days is not measured from its first start. */
function estimateEnd({counts}: RunView, latest: readonly JobRecord[], nowMs: number): number | undefined {
  const ended = latest.flatMap(({endedAt}) => endedAt ?? []);
  const [first] = latest.flatMap(({startedAt}) => startedAt ?? []).sort((a, b) => a - b);
  if (ended.length < 2 || first === undefined || nowMs - first < 2_000) return undefined;
  return nowMs + ((nowMs - first) / ended.length) * (counts.running + counts.pending);
}
