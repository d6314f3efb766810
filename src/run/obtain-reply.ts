import type {Job} from '../domain/job.ts';
import type {ModelReply, ModelRequest} from '../domain/model.ts';
import {JobFailure, type NotStartedReason, type Shortfall} from '../domain/outcome.ts';
import {type Cost, noCost, noUsage, unknownCost} from '../domain/usage.ts';
import type {BudgetScope, Ledger} from '../ledger/ledger.ts';
import type {Clock} from '../util/clock.ts';
import {formatUsd} from '../util/format-usd.ts';
import {digestRequest} from './inputs.ts';
import type {JobTools, ObtainedReply, ReplyRequest} from './job-tools.ts';
import {NotStarted} from './not-started.ts';
import type {RunGate} from './run-gate.ts';
import {busyPollMs, type WaitForRepo} from './start-job.ts';

/** One HTTP attempt. */
export type CallOnce = (request: ModelRequest, signal: AbortSignal) => Promise<ModelReply>;

/** What became of a call that brought no reply, as far as money goes. */
export type Billing = 'not-billed' | 'unknown';

export interface ReplySource {
  /** Loads what calling this model and pricing its calls takes. A model that cannot be had is told when it is called. */
  readonly prepare: (model: string) => void;
  /** Calls the model with retries; every attempt goes through `attempt`. Throws `JobFailure`. */
  readonly call: (
    job: Job,
    request: ModelRequest,
    attempt: (once: CallOnce) => CallOnce,
    signal: AbortSignal,
  ) => Promise<ModelReply>;
  readonly worstCaseUsd: (request: ModelRequest) => Promise<number>;
  readonly costOf: (model: string, reply: ModelReply) => Promise<Cost>;
  readonly billingOf: (error: unknown) => Billing;
  /** Why no other call of this run can go better, or undefined when one may. */
  readonly dooms: (error: unknown) => NotStartedReason | undefined;
  /** True when another model may be asked instead: this one is down or gives no answer. */
  readonly isOutage: (error: unknown) => boolean;
}

export interface ObtainReplyOptions {
  readonly runId: string;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly gate: RunGate;
  readonly source: ReplySource;
  readonly budget: () => RunBudget;
  /** Other processes make calls of this run too, so that they may give back a part of what they reserved. */
  readonly isRunShared?: boolean;
  readonly today: JobTools['today'];
  readonly startJob: JobTools['startJob'];
  readonly waitForRepo: WaitForRepo;
}

export interface RunBudget {
  readonly runUsd?: number;
  readonly dayUsd?: number;
  readonly monthUsd?: number;
}

/**
 * Gets replies: the recorded one when there is one, else a paid one. Each attempt reserves its worst case before it is
 * made, and a reply is durable in the ledger before anybody sees it.
 */
export function createObtainReply(
  options: ObtainReplyOptions,
): (wanted: ReplyRequest, signal: AbortSignal) => Promise<ObtainedReply> {
  const {ledger, gate, source, runId} = options;
  const settled = new Settled();

  return async (wanted, signal) => {
    const {job, request, promptVersion, repoKey} = wanted;
    const requestDigest = digestRequest(request, promptVersion);
    const known = wanted.remembered === undefined ? [requestDigest] : [wanted.remembered, requestDigest];
    const usable = [...(wanted.recorded === undefined ? [] : [wanted.recorded]), ...(job.force ? [] : known)];
    const recorded = await recordedReply(ledger, usable, runId);
    if (recorded !== undefined) {
      await options.startJob(job, repoKey, signal);
      await wanted.onHeld();
      return recorded;
    }
    let outage: unknown;
    for (const model of job.models) {
      try {
        return await pay({...request, model});
      } catch (error) {
        if (!source.isOutage(error)) throw error;
        outage = error;
      }
    }
    throw outage;

    async function pay(paid: ModelRequest): Promise<ObtainedReply> {
      const paidDigest = paid.model === request.model ? requestDigest : digestRequest(paid, promptVersion);
      let cost: Cost = noCost;
      const attempt =
        (once: CallOnce): CallOnce =>
        async (attempted, attemptSignal) => {
          const id = await reserve(options, settled, job, repoKey, attempted, attemptSignal);
          let isSent = false;
          try {
            await wanted.onHeld();
            isSent = true;
            wanted.onAttempt();
            const reply = await once(attempted, attemptSignal);
            cost = await source.costOf(attempted.model, reply);
            const recorded = ledger.recordReply(id, {
              digest: paidDigest,
              runId,
              jobId: job.id,
              model: attempted.model,
              reply,
              cost,
            });
            // What is reserved from here on is on the disk no sooner than this answer.
            wanted.onAnswered();
            await recorded;
            wanted.onSpent({usage: reply.usage, cost});
            return reply;
          } catch (error) {
            if (isSent && source.billingOf(error) === 'unknown') {
              await ledger.loseCall(id);
              wanted.onSpent({usage: {...noUsage, requests: 1}, cost: unknownCost});
            } else {
              await ledger.releaseCall(id);
            }
            const doom = source.dooms(error);
            if (doom !== undefined) gate.closeCalls(doom);
            throw error;
          } finally {
            settled.notify();
          }
        };
      const reply = await source.call(job, paid, attempt, signal);
      return {reply, model: paid.model, digest: paidDigest, replayed: false};
    }
  };
}

async function recordedReply(
  ledger: Ledger,
  digests: readonly string[],
  runId: string,
): Promise<ObtainedReply | undefined> {
  for (const digest of new Set(digests)) {
    const found = await ledger.reply(digest);
    if (found === undefined) continue;
    const {reply, model, cost} = found;
    return {reply, model, digest, replayed: true, ...(found.runId === runId ? {paidHere: cost} : {})};
  }
  return undefined;
}

/** Waits as long as other calls may still give back a part of what they reserved; stops admission when none can. */
async function reserve(
  options: ObtainReplyOptions,
  settled: Settled,
  job: Job,
  repoKey: string,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<string> {
  const {ledger, gate, clock, runId} = options;
  const worstCaseUsd = await options.source.worstCaseUsd(request);
  const waitingSince = clock.now();
  let isLastTry = false;
  for (;;) {
    gate.checkCall(job.task);
    const scopes = budgetScopes(runId, job, options.budget(), options.today());
    const pending = settled.next();
    const result = await ledger.reserveCall({runId, job, repoKey, model: request.model, worstCaseUsd, ...scopes});
    if (result.kind === 'reserved') {
      settled.enter();
      return result.id;
    }
    if (result.kind === 'busy') await options.waitForRepo(result.runId, waitingSince, signal);
    else if (result.scope.startsWith(jobScope))
      throw new JobFailure(
        'job-budget',
        `The next call could cost ${formatUsd(worstCaseUsd)} USD, more than is left of the ${job.jobBudgetUsd} USD of the job.`,
      );
    else if (settled.inFlight > 0) await pending;
    else if (isCountedElsewhere(options, result.scope) && !isLastTry) {
      // What is asked for after the last call elsewhere was settled is the answer.
      isLastTry = (await ledger.callsInFlight(options.isRunShared ? '' : runId)) === 0;
      if (!isLastTry) await clock.sleep(busyPollMs, signal);
    } else throw closeFor(result.scope, scopes.limits, worstCaseUsd, job, gate);
  }
}

function closeFor(
  scope: string,
  limits: readonly BudgetScope[],
  worstUsd: number,
  job: Job,
  gate: RunGate,
): NotStarted {
  const reason: NotStartedReason = 'budget';
  const kind = scope.slice(0, scope.indexOf(':')) as Shortfall['scope'];
  const limitUsd = limits.find(limit => limit.scope === scope)?.limitUsd ?? 0;
  const shortfall = {scope: kind, limitUsd, worstUsd};
  if (kind === 'task') gate.closeCallsOfTask(job.task, reason, shortfall);
  else gate.closeCalls(reason, shortfall);
  return new NotStarted(reason, shortfall);
}

const jobScope = 'job:';

export function budgetScopes(
  runId: string,
  job: Job,
  budget: RunBudget,
  today: string,
): {limits: BudgetScope[]; counted: string[]} {
  const day = `day:${today}`;
  const month = `month:${today.slice(0, 7)}`;
  const task = `task:${runId}:${job.task}`;
  const run = `run:${runId}`;
  const ofJob = `${jobScope}${runId}:${job.id}`;
  const limits = [
    {scope: ofJob, limitUsd: job.jobBudgetUsd},
    {scope: run, limitUsd: budget.runUsd},
    {scope: task, limitUsd: job.taskBudgetUsd},
    {scope: day, limitUsd: budget.dayUsd},
    {scope: month, limitUsd: budget.monthUsd},
  ];
  return {
    limits: limits.flatMap(({scope, limitUsd}) => (limitUsd === undefined ? [] : [{scope, limitUsd}])),
    // Also without a limit: one of the run may be set while it goes on, day and month hold for all runs.
    counted: [run, day, month],
  };
}

/** Whether calls of other processes count towards this scope. */
function isCountedElsewhere({isRunShared}: ObtainReplyOptions, scope: string): boolean {
  return isRunShared === true || isShared(scope);
}

/** Other runs count towards it too. */
function isShared(scope: string): boolean {
  return scope.startsWith('day:') || scope.startsWith('month:');
}

/** Wakes those who wait for a call in flight to be settled. */
class Settled {
  inFlight = 0;
  #waiting: (() => void)[] = [];

  enter(): void {
    this.inFlight++;
  }

  next(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  notify(): void {
    this.inFlight--;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
