import {randomUUID} from 'node:crypto';
import type {Job} from '../domain/job.ts';
import type {ModelRequest} from '../domain/model.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {BatchRequestRecord} from '../ledger/batch-ledger.ts';
import type {BatchModels} from '../models/batch-models.ts';
import type {BatchRequest} from '../models/batch-provider.ts';
import type {BatchDesk, EndedBatch} from './batch-desk.ts';
import type {BatchedReply, BatchPlan} from './batch-plan.ts';
import type {GroupLimits} from './batch-times.ts';
import {checkDelivery} from './deliver-change.ts';
import {digestInputs, digestRequest} from './inputs.ts';
import type {JobTools} from './job-tools.ts';
import {NotStarted} from './not-started.ts';
import {budgetScopes, type ReplySource, type RunBudget} from './obtain-reply.ts';
import {type PreparedJob, prepareJob} from './prepare-job.ts';
import type {WaitForRepo} from './start-job.ts';

export interface BatchIntakeOptions {
  readonly plan: BatchPlan;
  readonly tools: JobTools;
  readonly desk: BatchDesk;
  readonly models: BatchModels;
  readonly source: Pick<ReplySource, 'worstCaseUsd'>;
  readonly budget: () => RunBudget;
  /** Of what a call costs alone. */
  readonly share: number;
  readonly limits: GroupLimits;
  readonly waitForRepo: WaitForRepo;
  readonly stopping: AbortSignal;
}

/** Requests of one model that go out together. */
interface Group {
  readonly id: string;
  readonly model: string;
  readonly requests: BatchRequest[];
  bytes: number;
}

/** What a job wants to ask, made from the repo at one commit. */
interface Question {
  readonly job: Job;
  readonly repoKey: string;
  readonly request: ModelRequest;
  readonly digest: string;
  readonly inputs: string;
  readonly commit: string;
  readonly remembered?: string;
}

/**
 * Makes the request of each job, reserves half of its worst case, and puts it into a batch, unless its reply is there or on
 * its way. Holds the requests of one group for each model in memory, and nothing of a job beyond that.
 */
export class BatchIntake {
  readonly #options: BatchIntakeOptions;
  readonly #groups = new Map<string, Group>();
  /** A batch that is refused ends before those who put something into it have been told that it waits. */
  readonly #ended = new Map<string, EndedBatch>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: BatchIntakeOptions) {
    this.#options = options;
  }

  /** Finds out about one job. Never throws for what can happen to a repo: executing the job then says it. */
  async take(job: Job): Promise<void> {
    const {plan, tools, stopping} = this.#options;
    if (stopping.aborted) return;
    try {
      plan.set(job.id, await this.#judge(job));
    } catch (error) {
      if (error instanceof NotStarted) return;
      if (!(error instanceof JobFailure)) throw error;
      plan.set(job.id, {kind: 'apart'});
    }
    if (tools.gate.jobsClosed !== undefined) plan.delete(job.id);
  }

  /** Sends what was not full yet. */
  async flush(): Promise<void> {
    for (const group of [...this.#groups.values()]) await this.#inTurn(() => this.#send(group));
    this.#apply();
  }

  /** Tells the jobs that wait for these batches. */
  settle(ended: readonly EndedBatch[]): void {
    for (const batch of ended) this.#ended.set(batch.id, batch);
    this.#apply();
  }

  #apply(): void {
    const {plan} = this.#options;
    for (const [jobId, known] of plan) {
      const batch = known.kind === 'waiting' ? this.#ended.get(known.batchId) : undefined;
      if (batch === undefined || known.kind !== 'waiting') continue;
      const failure = batch.failures.get(known.digest);
      if (batch.isDropped) plan.delete(jobId);
      else plan.set(jobId, failure === undefined ? {...known, kind: 'answered'} : {kind: 'failed', failure});
    }
  }

  async #judge(job: Job): Promise<BatchedReply> {
    const {tools, models} = this.#options;
    const model = job.models[0] ?? '';
    if (job.mode !== 'simple' || models.check(model) !== undefined) return {kind: 'apart'};
    tools.gate.checkJob();
    const earlier = await tools.ledger.batches.ofJob(tools.runId, job.id);
    const questions = earlier === undefined ? [undefined] : [earlier.commit, undefined];
    for (const commit of questions) {
      const question = await this.#prepare(job, commit);
      if (question === undefined) return {kind: 'apart'};
      // What was asked at an earlier commit is wanted only if it was the very same.
      const known = await this.#known(question);
      if (known !== undefined) return known;
      if (commit === undefined) return await this.#ask(question);
    }
    return {kind: 'apart'};
  }

  /** Undefined when the job needs no reply: executing it finds the same. */
  async #prepare(job: Job, commit: string | undefined): Promise<Question | undefined> {
    const {tools} = this.#options;
    const preparation = await prepareJob(job, {...tools, openRepo: wanted => tools.openRepo(wanted, commit)});
    if (preparation.kind === 'ended') return undefined;
    const {prepared} = preparation;
    try {
      await checkDelivery(prepared, tools.delivery);
      return toQuestion(prepared, tools);
    } finally {
      prepared.repo.release();
    }
  }

  async #known(question: Question): Promise<BatchedReply | undefined> {
    const {tools, desk} = this.#options;
    const {job, inputs, commit} = question;
    const ofThisRun = (found: BatchRequestRecord): boolean => found.runId === tools.runId && found.jobId === job.id;
    for (const found of await tools.ledger.batches.find({...question, runId: tools.runId})) {
      const basis = {digest: found.digest, inputs, commit, isOwn: ofThisRun(found)};
      const isThere = found.state === 'answered' && (await tools.ledger.reply(found.digest)) !== undefined;
      if (isThere) return {kind: 'answered', ...basis};
      if (found.state === 'waiting' && (desk.isPending(found.batchId) || this.#isOpen(found.batchId))) {
        return {kind: 'waiting', batchId: found.batchId, ...basis};
      }
    }
    if (job.force) return undefined;
    for (const digest of new Set([question.remembered, question.digest])) {
      if (digest !== undefined && (await tools.ledger.reply(digest)) !== undefined) {
        return {kind: 'answered', digest, inputs, commit, isOwn: false};
      }
    }
    return undefined;
  }

  async #ask(question: Question): Promise<BatchedReply> {
    const {tools, models, source, share, waitForRepo, stopping} = this.#options;
    const {job, request} = question;
    const {endpoint, body} = await models.open(request.model).toBody(request);
    const worstCaseUsd = (await source.worstCaseUsd(request)) * share;
    const since = tools.clock.now();
    for (;;) {
      const answer = await this.#inTurn(() => this.#add(question, {id: question.digest, endpoint, body}, worstCaseUsd));
      if ('kind' in answer) return answer;
      await waitForRepo(answer.busyWith, since, stopping);
      tools.gate.checkCall(job.task);
    }
  }

  async #add(
    question: Question,
    request: BatchRequest,
    worstCaseUsd: number,
  ): Promise<BatchedReply | {readonly busyWith: string}> {
    const {tools, budget} = this.#options;
    const {job, repoKey, digest, inputs, commit} = question;
    // Another job of this run may have asked the same a moment ago.
    const known = await this.#known(question);
    if (known !== undefined) return known;
    tools.gate.checkCall(job.task);
    const {model} = question.request;
    const group = await this.#groupFor(model, request);
    const result = await tools.ledger.reserveCall({
      runId: tools.runId,
      job,
      repoKey,
      model,
      worstCaseUsd,
      ...budgetScopes(tools.runId, job, budget(), tools.today()),
      batch: {batchId: group.id, digest, inputs, commit},
    });
    if (result.kind === 'busy') return {busyWith: result.runId};
    if (result.kind === 'budget') return {kind: 'blocked', scope: result.scope};
    // A batch takes hours: others may work in the repo until then.
    await tools.ledger.releaseRepo(tools.runId, repoKey);
    group.requests.push(request);
    group.bytes += sizeOf(request);
    return {kind: 'waiting', batchId: group.id, digest, inputs, commit, isOwn: true};
  }

  async #groupFor(model: string, request: BatchRequest): Promise<Group> {
    const {limits, tools, models} = this.#options;
    const most = models.open(model).provider.limits;
    const open = this.#groups.get(model);
    const isFull =
      open !== undefined &&
      open.requests.length > 0 &&
      (open.requests.length >= Math.min(limits.requests, most.requests) ||
        open.bytes + sizeOf(request) > Math.min(limits.bytes, most.bytes));
    if (open !== undefined && !isFull) return open;
    if (open !== undefined) await this.#send(open);
    const group = {id: `b-${randomUUID()}`, model, requests: [], bytes: 0};
    await tools.ledger.batches.begin(group.id, tools.runId, model);
    this.#groups.set(model, group);
    return group;
  }

  async #send(group: Group): Promise<void> {
    const {desk, tools, stopping} = this.#options;
    const {id, model, requests} = group;
    this.#groups.delete(model);
    if (requests.length === 0 || stopping.aborted) return await tools.ledger.batches.drop(id);
    const batch = {id, runId: tools.runId, model, state: 'collecting', requests: requests.length} as const;
    const ended = await desk.send(batch, requests);
    if (ended !== undefined) this.#ended.set(ended.id, ended);
  }

  #isOpen(batchId: string): boolean {
    return [...this.#groups.values()].some(({id}) => id === batchId);
  }

  /** One after the other, so that what is asked is known to whoever asks next. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

function toQuestion(prepared: PreparedJob, tools: JobTools): Question | undefined {
  const {job, repo, built, inputs, remembered} = prepared;
  const mode = tools.mode(job.mode);
  const request = mode.preview({job, skill: tools.skill(job.skill), ...built});
  if (request === undefined) return undefined;
  return {
    job,
    repoKey: repo.key,
    request,
    digest: digestRequest(request, mode.version),
    inputs: digestInputs(inputs),
    commit: repo.reader.head.commit,
    ...(remembered?.replyDigest === undefined ? {} : {remembered: remembered.replyDigest}),
  };
}

function sizeOf({id, body}: BatchRequest): number {
  return Buffer.byteLength(body) + id.length + 120;
}
