import type {Reporter} from '../domain/event.ts';
import type {BatchModels} from '../models/batch-models.ts';
import {batchShare} from '../models/prices.ts';
import {BatchDesk} from '../run/batch-desk.ts';
import {BatchIntake} from '../run/batch-intake.ts';
import {type BatchPlan, pinnedCommit} from '../run/batch-plan.ts';
import {createBatchReplies} from '../run/batch-replies.ts';
import type {BatchTimes, GroupLimits} from '../run/batch-times.ts';
import type {JobTools} from '../run/job-tools.ts';
import type {ObtainReplyOptions} from '../run/obtain-reply.ts';
import {createBatchDispatcher} from './batch-dispatcher.ts';
import type {Dispatcher} from './dispatcher.ts';

export interface WithBatchesOptions {
  /** As for a run that calls models one by one. */
  readonly tools: JobTools;
  readonly dispatcher: Dispatcher;
  readonly paying: ObtainReplyOptions;
  readonly models: BatchModels;
  readonly reporter: Reporter;
  readonly times: BatchTimes;
  readonly limits: GroupLimits;
  /** Aborts when calls that are under way may go on no longer. */
  readonly signal: AbortSignal;
  /** A person wants what waits at the provider to be canceled. */
  readonly isStopNow: () => boolean;
}

/** The same run with its replies obtained in batches. */
export function withBatches(options: WithBatchesOptions): {readonly tools: JobTools; readonly dispatcher: Dispatcher} {
  const {tools, paying, models, reporter} = options;
  const {runId, ledger, clock, gate} = tools;
  const plan: BatchPlan = new Map();
  const stop = new AbortController();
  gate.onClose(() => {
    if (gate.jobsClosed !== undefined) stop.abort();
  });
  const shared = {plan, models, share: batchShare, source: paying.source, stopping: stop.signal, reporter, gate};
  const desk = new BatchDesk({
    ...shared,
    runId,
    ledger,
    clock,
    times: options.times,
    signal: options.signal,
    onDoom: reason => gate.closeCalls(reason),
  });
  const intake = new BatchIntake({
    ...shared,
    tools,
    desk,
    budget: paying.budget,
    limits: options.limits,
    waitForRepo: paying.waitForRepo,
  });
  return {
    dispatcher: createBatchDispatcher({
      ...shared,
      inner: options.dispatcher,
      runId,
      desk,
      intake,
      now: () => clock.now(),
      isStopNow: options.isStopNow,
    }),
    tools: {
      ...tools,
      openRepo: (job, commit) => tools.openRepo(job, commit ?? pinnedCommit(plan, job.id)),
      obtainReply: createBatchReplies({plan, ledger, gate, startJob: tools.startJob, apart: tools.obtainReply}),
    },
  };
}
