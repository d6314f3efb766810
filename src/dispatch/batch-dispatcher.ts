import type {Reporter} from '../domain/event.ts';
import type {Job} from '../domain/job.ts';
import type {BatchDesk} from '../run/batch-desk.ts';
import type {BatchIntake} from '../run/batch-intake.ts';
import type {BatchPlan} from '../run/batch-plan.ts';
import type {RunGate} from '../run/run-gate.ts';
import {countOf} from '../util/count-of.ts';
import {mapConcurrently} from '../util/map-concurrently.ts';
import type {Dispatcher, JobHandlers} from './dispatcher.ts';

export interface BatchDispatcherOptions {
  readonly inner: Dispatcher;
  readonly runId: string;
  readonly plan: BatchPlan;
  readonly desk: BatchDesk;
  readonly intake: BatchIntake;
  readonly gate: RunGate;
  readonly reporter: Pick<Reporter, 'report'>;
  readonly now: () => number;
  /** A person wants what waits at the provider to be canceled. */
  readonly isStopNow: () => boolean;
  readonly stopping: AbortSignal;
}

/** Few, so that only so many contexts are in memory. */
const preparedAtOnce = 6;

/** Asks for the replies of all jobs in batches first; a job is executed when its reply is there. */
export function createBatchDispatcher(options: BatchDispatcherOptions): Dispatcher {
  const {inner, plan, desk, intake, stopping} = options;
  return {
    refresh: () => inner.refresh(),
    async dispatch<Prepared>(jobs: readonly Job[], handlers: JobHandlers<Prepared>) {
      intake.settle(await desk.recover());
      for (let open = jobs; ; ) {
        await mapConcurrently(
          open.filter(job => !isWaiting(plan, job) && !isReady(plan, job)),
          preparedAtOnce,
          job => intake.take(job),
        );
        await intake.flush();
        if (stopping.aborted) return await endOpen(open);
        const ready = new Set(open.filter(job => isReady(plan, job)));
        if (ready.size > 0) await inner.dispatch([...ready], handlers);
        open = open.filter(job => !ready.has(job));
        if (open.length === 0) return;
        const ended = open.some(job => isWaiting(plan, job)) ? await desk.waitForNext() : [];
        if (ended.length === 0) return await endOpen(open);
        intake.settle(ended);
      }

      async function endOpen(open: readonly Job[]): Promise<void> {
        closeGates(open, options);
        if (options.isStopNow()) await desk.cancel();
        else tellWhatWaits(options);
        await inner.dispatch(open, handlers);
      }
    },
  };
}

function isWaiting(plan: BatchPlan, {id}: Job): boolean {
  return plan.get(id)?.kind === 'waiting';
}

function isReady(plan: BatchPlan, {id}: Job): boolean {
  const kind = plan.get(id)?.kind;
  return kind === 'answered' || kind === 'failed' || kind === 'apart';
}

/** Nothing is in flight that could give back what these jobs lacked. */
function closeGates(open: readonly Job[], {plan, gate}: BatchDispatcherOptions): void {
  for (const job of open) {
    const known = plan.get(job.id);
    if (known?.kind !== 'blocked') continue;
    if (known.scope.startsWith('task:')) gate.closeCallsOfTask(job.task, 'budget');
    else gate.closeCalls('budget');
  }
}

function tellWhatWaits({desk, runId, reporter, now}: BatchDispatcherOptions): void {
  for (const {providerId, model, requests} of desk.pending) {
    const text = `${providerId} with ${countOf(requests, 'request')} of ${model} stays at its provider; collect it with: orchestrator resume ${runId}`;
    reporter.report({type: 'run.noted', at: now(), level: 'warn', text});
  }
}
