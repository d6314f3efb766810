import type {Reporter} from '../domain/event.ts';
import {JobFailure, type NotStartedReason} from '../domain/outcome.ts';
import type {Cost} from '../domain/usage.ts';
import type {BatchRecord, BatchRequestRecord} from '../ledger/batch-ledger.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {BatchModel, BatchModels} from '../models/batch-models.ts';
import type {BatchRequest, BatchResult, BatchResults} from '../models/batch-provider.ts';
import {failureOf} from '../models/call-with-retry.ts';
import {ModelCallError} from '../models/model-call-error.ts';
import type {Clock} from '../util/clock.ts';
import type {BatchTimes} from './batch-times.ts';
import type {ReplySource} from './obtain-reply.ts';

export interface BatchDeskOptions {
  readonly runId: string;
  readonly ledger: Pick<Ledger, 'batches' | 'run' | 'isHeld'>;
  readonly clock: Clock;
  readonly models: BatchModels;
  readonly source: Pick<ReplySource, 'costOf' | 'dooms'>;
  readonly reporter: Pick<Reporter, 'report'>;
  readonly times: BatchTimes;
  /** Of what a call costs alone. */
  readonly share: number;
  /** No other call of this run can go better. */
  readonly onDoom: (reason: NotStartedReason) => void;
  /** Aborts when the run is to stop, so that nothing is waited for any more. */
  readonly stopping: AbortSignal;
  /** Aborts, after `stopping`, when calls that are under way may go on no longer. */
  readonly signal: AbortSignal;
}

/** What became of a batch, by the digests of its requests; without a failure there is a reply in the ledger. */
export interface EndedBatch {
  readonly id: string;
  /** It was never sent, or not as it was recorded: what was in it has to be asked again. */
  readonly isDropped: boolean;
  readonly failures: ReadonlyMap<string, JobFailure>;
}

const mostSendings = 8;
/** Clocks of providers differ from ours. */
const skewMs = 10 * 60_000;

/** Sends batches, finds again those whose sending nobody saw the end of, and collects their results. The ledger knows each step before it is taken. */
export class BatchDesk {
  readonly #options: BatchDeskOptions;
  readonly #pending = new Map<string, BatchRecord>();
  /** Told once each, until something else happens. */
  readonly #processed = new Map<string, number>();
  /** Batches at the provider that are not ours. */
  readonly #foreign = new Set<string>();
  #faults = 0;

  constructor(options: BatchDeskOptions) {
    this.#options = options;
  }

  /** Batches that wait at a provider. */
  get pending(): readonly BatchRecord[] {
    return [...this.#pending.values()];
  }

  isPending(id: string): boolean {
    return this.#pending.has(id);
  }

  /** Takes up what earlier processes left: drops what was not sent, and waits for what was. */
  async recover(): Promise<EndedBatch[]> {
    const {ledger, runId, models} = this.#options;
    for (const batch of await ledger.batches.open()) {
      const run = await ledger.run(batch.runId);
      const isElsewhere = run !== undefined && run.id !== runId && ledger.isHeld(run);
      if (isElsewhere && batch.state !== 'submitted') continue;
      const problem = models.check(batch.model);
      if (problem !== undefined) this.#note('warn', `batch ${batch.id} of ${batch.runId} is left alone: ${problem}`);
      else if (batch.state === 'collecting') await ledger.batches.drop(batch.id);
      else if (batch.state === 'submitted') this.#pending.set(batch.id, batch);
      else await this.#findAgain(batch);
      if (this.#options.stopping.aborted) return [];
    }
    return (await this.#lookAtAll()).ended;
  }

  /** Resolves when the provider has the batch, or all its requests have failed, or the run is to stop. */
  async send(batch: BatchRecord, requests: readonly BatchRequest[]): Promise<EndedBatch | undefined> {
    const {ledger, models, clock, stopping, signal} = this.#options;
    const {provider} = models.open(batch.model);
    for (let sendings = 1; ; sendings++) {
      await ledger.batches.markSending(batch.id);
      const sent = {...batch, state: 'sending', sentAt: clock.now()} as const;
      try {
        await this.#submitted(sent, await provider.submit(batch.id, requests, signal));
        return undefined;
      } catch (error) {
        if (stopping.aborted) return undefined;
        if (!(error instanceof ModelCallError)) throw error;
        const isRefused = error.status !== undefined && error.status < 500;
        const isBusy = error.kind === 'rate-limited' || error.kind === 'overloaded';
        if (sendings >= mostSendings || (isRefused && !isBusy)) return await this.#refused(sent, error, isRefused);
        this.#note('warn', `batch ${batch.id}: ${error.message}`);
        if (isRefused) await this.#sleep(error.retryAfterMs ?? this.#backOff(sendings));
        // It may have been taken all the same.
        else if (await this.#findAgain(sent, false)) return undefined;
        if (stopping.aborted) return undefined;
      }
    }
  }

  /** Waits until at least one batch has ended. Empty when the run is to stop, or nothing is waited for. */
  async waitForNext(): Promise<EndedBatch[]> {
    const {stopping, times} = this.#options;
    let waitMs = times.pollMs;
    while (this.#pending.size > 0 && !stopping.aborted) {
      const {ended, isNew} = await this.#lookAtAll();
      if (ended.length > 0) return ended;
      await this.#sleep(waitMs);
      waitMs = isNew ? times.pollMs : Math.min(times.maxPollMs, waitMs * 1.5);
    }
    return [];
  }

  /** Asks the provider to answer no more of what waits; what was answered is collected by `resume`. */
  async cancel(): Promise<void> {
    for (const {providerId, model} of this.#pending.values()) {
      const {provider} = this.#options.models.open(model);
      try {
        await provider.cancel(providerId ?? '', AbortSignal.timeout(5_000));
        this.#note('info', `asked ${model} to cancel ${providerId}`);
      } catch (error) {
        this.#note('warn', `${providerId} could not be canceled: ${error instanceof Error ? error.message : error}`);
      }
    }
  }

  async #submitted(batch: BatchRecord, providerId: string): Promise<void> {
    await this.#options.ledger.batches.markSubmitted(batch.id, providerId);
    this.#pending.set(batch.id, {...batch, state: 'submitted', providerId});
    this.#note('info', `batch ${batch.id}: ${batch.requests} requests of ${batch.model} wait as ${providerId}`);
  }

  /** True when it waits at the provider. Else it was dropped, or with `drop` false it may be sent again. */
  async #findAgain(batch: BatchRecord, drop = true): Promise<boolean> {
    const {ledger, clock, times, stopping} = this.#options;
    this.#note('info', `batch ${batch.id} of ${batch.requests} requests may have arrived; looking for it`);
    // What was on its way when the connection or the process ended may take a while to be listed.
    await this.#sleep((batch.sentAt ?? 0) + times.settleMs - clock.now());
    for (let faults = 1; !stopping.aborted; faults++) {
      try {
        const found = await this.#find(batch);
        if (found !== undefined) {
          await this.#submitted(batch, found);
          return true;
        }
        if (drop) await ledger.batches.drop(batch.id);
        return false;
      } catch (error) {
        if (stopping.aborted || this.#judge(batch, error)) break;
        await this.#sleep(this.#backOff(faults));
      }
    }
    return false;
  }

  async #find(batch: BatchRecord): Promise<string | undefined> {
    const {ledger, models, signal} = this.#options;
    const {provider} = models.open(batch.model);
    const listed = await provider.list((batch.sentAt ?? 0) - skewMs, signal);
    if (provider.keepsNames) return listed.find(({name}) => name === batch.id)?.id;
    const known = await ledger.batches.providerIds();
    const alike = listed
      .filter(({id, requests}) => requests === batch.requests && !known.has(id) && !this.#foreign.has(id))
      .sort((a, b) => a.createdAt - b.createdAt);
    for (const {id, ended} of alike) {
      // One that goes on shows its requests when it has ended; then it is looked at again.
      if (!ended || (await this.#isOurs(batch, (await provider.results(id, signal)).results))) return id;
      this.#foreign.add(id);
    }
    return undefined;
  }

  async #isOurs(batch: BatchRecord, results: Iterable<BatchResult>): Promise<boolean> {
    const digests = new Set((await this.#options.ledger.batches.requests(batch.id)).map(({digest}) => digest));
    for (const {id} of results) return digests.has(id);
    return false;
  }

  async #lookAtAll(): Promise<{ended: EndedBatch[]; isNew: boolean}> {
    const {stopping} = this.#options;
    const ended: EndedBatch[] = [];
    let isNew = false;
    for (const batch of this.#pending.values()) {
      try {
        const known = this.#processed.get(batch.id);
        const end = await this.#look(batch);
        isNew ||= known !== this.#processed.get(batch.id);
        if (end !== undefined) ended.push(end);
      } catch (error) {
        if (stopping.aborted) break;
        const gone = await this.#endGone(batch, error);
        if (gone === undefined) this.#judge(batch, error);
        else ended.push(gone);
      }
    }
    return {ended, isNew};
  }

  async #look(batch: BatchRecord): Promise<EndedBatch | undefined> {
    const {models, signal} = this.#options;
    const model = models.open(batch.model);
    const {ended, processed} = await model.provider.status(batch.providerId ?? '', signal);
    this.#faults = 0;
    if (this.#processed.get(batch.id) !== processed) {
      this.#processed.set(batch.id, processed);
      if (processed > 0 && !ended)
        this.#note('info', `${batch.providerId}: ${processed} of ${batch.requests} processed`);
    }
    return ended ? await this.#collect(batch, model) : undefined;
  }

  async #collect(batch: BatchRecord, model: BatchModel): Promise<EndedBatch> {
    const {ledger, signal} = this.#options;
    const waiting = new Map((await ledger.batches.requests(batch.id)).map(request => [request.digest, request]));
    const failures = new Map<string, JobFailure>();
    const {results, rest} = await model.provider.results(batch.providerId ?? '', signal);
    let strangers = 0;
    let answers = 0;
    for (const result of results) {
      const request = waiting.get(result.id);
      if (request === undefined) {
        strangers++;
        continue;
      }
      waiting.delete(result.id);
      const failure = await this.#settle(batch, request, result, model);
      if (failure === undefined) answers++;
      else failures.set(result.id, failure);
    }
    this.#pending.delete(batch.id);
    if (strangers > 0 && waiting.size === batch.requests) {
      this.#note('warn', `${batch.providerId} is not batch ${batch.id}`);
      this.#foreign.add(batch.providerId ?? '');
      await ledger.batches.markSubmitted(batch.id, undefined);
      const isFound = await this.#findAgain({...batch, state: 'sending'});
      return {id: batch.id, isDropped: !isFound, failures};
    }
    for (const request of waiting.values()) failures.set(request.digest, await this.#settleRest(batch, request, rest));
    await ledger.batches.markEnded(batch.id);
    const failed = failures.size === 0 ? '' : `, ${failures.size} failed`;
    this.#note('info', `${batch.providerId} has ended: ${answers} answered${failed}`);
    return {id: batch.id, isDropped: false, failures};
  }

  /** The failure of whatever job waits for it, when there is no reply. */
  async #settle(
    batch: BatchRecord,
    request: BatchRequestRecord,
    result: BatchResult,
    model: BatchModel,
  ): Promise<JobFailure | undefined> {
    const {ledger, source, share} = this.#options;
    if (result.kind !== 'answered') return await this.#fail(request, notAnswered(result.kind, batch), 'failed');
    try {
      const reply = await model.readReply(result.status, result.text);
      const cost = shareOf(await source.costOf(batch.model, reply), share);
      await ledger.batches.settle(request, {kind: 'answered', model: batch.model, reply, cost});
      return undefined;
    } catch (error) {
      if (!(error instanceof ModelCallError)) throw error;
      // An answer that cannot be read was paid for; an error was not.
      return await this.#fail(request, failureOf(error, 1), result.status === 200 ? 'lost' : 'failed');
    }
  }

  async #settleRest(batch: BatchRecord, request: BatchRequestRecord, rest: BatchResults['rest']): Promise<JobFailure> {
    if (rest === 'expired' || rest === 'canceled') return await this.#fail(request, notAnswered(rest, batch), 'failed');
    if (rest === 'unknown') {
      const message = `${batch.providerId} has no result for this request`;
      return await this.#fail(request, new JobFailure('batch-reply-missing', message), 'lost');
    }
    const failure = await this.#options.models
      .open(batch.model)
      .readReply(rest.status, rest.text)
      .then(
        () => new JobFailure('batch-reply-missing', 'the batch failed'),
        (error: ModelCallError) => failureOf(error, 1),
      );
    return await this.#fail(request, failure, 'failed');
  }

  async #fail(request: BatchRequestRecord, failure: JobFailure, kind: 'failed' | 'lost'): Promise<JobFailure> {
    const {reason, message, next} = failure.failure;
    await this.#options.ledger.batches.settle(request, {kind, reason});
    return new JobFailure(reason, message, {
      ...(next === undefined ? {} : {next}),
      cause: failure.cause,
      mayBeBilled: kind === 'lost',
    });
  }

  async #refused(batch: BatchRecord, error: ModelCallError, isRefused: boolean): Promise<EndedBatch> {
    const {ledger, source, onDoom} = this.#options;
    const failures = new Map<string, JobFailure>();
    for (const request of await ledger.batches.requests(batch.id)) {
      failures.set(request.digest, await this.#fail(request, failureOf(error, 1), isRefused ? 'failed' : 'lost'));
    }
    await ledger.batches.markEnded(batch.id);
    const doom = source.dooms(error);
    if (doom !== undefined) onDoom(doom);
    return {id: batch.id, isDropped: false, failures};
  }

  /** What goes wrong while looking passes, or is for a person to mend; the batch waits either way. */
  #judge(batch: BatchRecord, error: unknown): NotStartedReason | undefined {
    if (!(error instanceof ModelCallError)) throw error;
    if (this.#faults++ % 20 === 0) {
      this.#note('warn', `batch ${batch.id} cannot be looked at (${error.message}); it is tried again`);
    }
    const doom = this.#options.source.dooms(error);
    if (doom === undefined) return undefined;
    // What an earlier run left at another provider is no reason to stop this one.
    if (batch.runId === this.#options.runId) this.#options.onDoom(doom);
    this.#pending.delete(batch.id);
    return doom;
  }

  /** A batch that its provider does not know any more, though it lists others: what it cost is not known. */
  async #endGone(batch: BatchRecord, error: unknown): Promise<EndedBatch | undefined> {
    const {ledger, models, signal} = this.#options;
    if (!(error instanceof ModelCallError) || error.kind !== 'not-found') return undefined;
    const {provider} = models.open(batch.model);
    const listed = await provider.list((batch.sentAt ?? 0) - skewMs, signal).catch(() => undefined);
    if (listed === undefined || listed.some(({id}) => id === batch.providerId)) return undefined;
    const failures = new Map<string, JobFailure>();
    for (const request of await ledger.batches.requests(batch.id)) {
      failures.set(request.digest, await this.#settleRest(batch, request, 'unknown'));
    }
    await ledger.batches.markEnded(batch.id);
    this.#pending.delete(batch.id);
    this.#note('warn', `${batch.providerId} is gone at its provider`);
    return {id: batch.id, isDropped: false, failures};
  }

  #backOff(faults: number): number {
    return Math.min(this.#options.times.maxPollMs, this.#options.times.pollMs * 2 ** (faults - 1));
  }

  /** Ends early when the run is to stop. */
  async #sleep(ms: number): Promise<void> {
    const {clock, stopping} = this.#options;
    if (ms > 0 && !stopping.aborted) await clock.sleep(ms, stopping).catch(() => {});
  }

  #note(level: 'info' | 'warn', text: string): void {
    this.#options.reporter.report({type: 'run.noted', at: this.#options.clock.now(), level, text});
  }
}

function notAnswered(kind: 'expired' | 'canceled', {providerId}: BatchRecord): JobFailure {
  return kind === 'expired'
    ? new JobFailure('batch-expired', `${providerId} expired before this request was answered`)
    : new JobFailure('batch-canceled', `${providerId} was canceled before this request was answered`);
}

function shareOf(cost: Cost, share: number): Cost {
  return cost.usd === null ? cost : {usd: cost.usd * share};
}
