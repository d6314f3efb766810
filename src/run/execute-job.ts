import type {DeliveryResult, EarlierDelivery, IntendedFile} from '../delivery/delivery.ts';
import type {Proposal} from '../domain/change.ts';
import {countLeftOut, nameHeldBack} from '../domain/context.ts';
import {OrchestratorError} from '../domain/errors.ts';
import type {Job} from '../domain/job.ts';
import {type Failure, JobFailure, type Outcome, type Spent} from '../domain/outcome.ts';
import type {JobDetail} from '../domain/run.ts';
import {addCost, addUsage, noCost, noUsage} from '../domain/usage.ts';
import {type DeliveryRecord, type JobEnd, LedgerError, type Memory} from '../ledger/ledger.ts';
import {createNormaliser} from './inputs.ts';
import type {JobTools, ObtainedReply} from './job-tools.ts';
import {NotStarted} from './not-started.ts';
import {assertCurrent, type Preparation, type PreparedJob, PreparedTooEarly, prepareJob} from './prepare-job.ts';

/** Called when the model has answered, so that the next job may take this one's place while the change is delivered. */
export type Answered = () => Promise<void>;

/**
 * The way of a job, from what was prepared to its one outcome. Never throws for anything that can happen to a repo;
 * what nobody foresaw becomes `crashed`. Records the end before it returns.
 */
export async function executeJob(
  job: Job,
  preparation: Promise<Preparation>,
  tools: JobTools,
  answered: Answered,
  signal: AbortSignal,
): Promise<JobDetail> {
  const trace: Trace = {spent: {usage: noUsage, cost: noCost}, attempts: 0};
  let end: JobEnd;
  try {
    end = await reachEnd(job, preparation, trace, tools, answered, signal);
  } catch (error) {
    // Without the ledger nothing can be promised: the run has to stop, and `resume` finds the job as it was.
    if (error instanceof LedgerError) throw error;
    const reason = signal.aborted ? new NotStarted(tools.gate.jobsClosed ?? 'stopped') : error;
    end = {detail: detailOf(failedOutcome(reason, trace.spent), trace)};
  } finally {
    if (trace.preparation?.kind === 'ready') trace.preparation.prepared.repo.release();
  }
  const releaseRepo = trace.repoKey !== undefined && tools.repoUse.leave(trace.repoKey) ? trace.repoKey : undefined;
  await tools.ledger.finishJob(tools.runId, job, {...end, ...(releaseRepo === undefined ? {} : {releaseRepo})});
  return end.detail;
}

async function reachEnd(
  job: Job,
  first: Promise<Preparation>,
  trace: Trace,
  tools: JobTools,
  answered: Answered,
  signal: AbortSignal,
): Promise<JobEnd> {
  for (let preparation = first; ; preparation = prepareJob(job, tools)) {
    const prepared = await preparation;
    trace.preparation = prepared;
    if (prepared.kind === 'ended') return {detail: detailOf(prepared.outcome, trace)};
    const {key} = prepared.prepared.repo;
    if (trace.repoKey === undefined) tools.repoUse.enter(key);
    trace.repoKey = key;
    try {
      return await makeChange(prepared.prepared, trace, tools, answered, signal);
    } catch (error) {
      if (!(error instanceof PreparedTooEarly)) throw error;
      prepared.prepared.repo.release();
    }
  }
}

/** What is known of a job while it goes on, for its record however it ends. */
interface Trace {
  spent: Spent;
  /** Model calls that were made, answered or not. */
  attempts: number;
  preparation?: Preparation;
  /** Set when the job is at work in the repo. */
  repoKey?: string;
  reply?: ObtainedReply;
}

async function makeChange(
  prepared: PreparedJob,
  trace: Trace,
  tools: JobTools,
  answered: Answered,
  signal: AbortSignal,
): Promise<JobEnd> {
  const {job, repo, built} = prepared;
  const skill = tools.skill(job.skill);
  const mode = tools.mode(job.mode);
  const delivery = tools.delivery(job.deliver);
  const earlier = ownBlobs(prepared.deliveries);
  const committed = {
    get: (path: string) => built.entries.get(path)?.id,
    has: (path: string) => built.entries.has(path),
  };
  const place = {workTree: repo.workTree, reader: repo.reader, committed, earlier};

  // Before money is spent: a delivery that would be refused whatever the model says.
  await delivery.check({...place, paths: job.outputs}).catch(async error => {
    // What is in the way may have been delivered by another run since.
    await assertCurrent(prepared, tools.ledger);
    throw error;
  });

  const proposal = await mode
    .propose({
      job,
      skill,
      context: built.context,
      entries: built.entries,
      obtainReply: async request => {
        const onSpent = (spent: Spent): void => {
          trace.spent = {usage: addUsage(trace.spent.usage, spent.usage), cost: addCost(trace.spent.cost, spent.cost)};
        };
        const onAttempt = (): void => {
          trace.attempts++;
        };
        const remembered = prepared.remembered?.replyDigest;
        trace.reply = await tools.obtainReply(
          {
            job,
            repoKey: repo.key,
            request,
            promptVersion: mode.version,
            onHeld: () => assertCurrent(prepared, tools.ledger),
            onAttempt,
            onSpent,
            ...(remembered === undefined ? {} : {remembered}),
          },
          signal,
        );
        await answered();
        return trace.reply.reply;
      },
    })
    .catch(async (error: unknown) => {
      if (trace.reply !== undefined && error instanceof JobFailure) await tools.ledger.rejectReply(trace.reply.digest);
      throw error;
    });

  const result = await delivery.deliver({
    ...place,
    edits: proposal.edits,
    unconfirmed: prepared.deliveries
      .filter(({state}) => state === 'intended')
      .map(({path, added, removed, blob, before}) => ({path, added, removed, blob, before})),
    intend: intended => {
      const normalise = createNormaliser(prepared.deliveries);
      const records = intended.map(file => toRecord(file, normalise));
      return tools.ledger.intendDelivery(tools.runId, job.id, repo.key, records);
    },
  });
  const outcome = outcomeOf(result, trace.spent);
  return {
    detail: detailOf(outcome, trace),
    confirm: {repoKey: repo.key, blobs: Object.fromEntries(result.blobs)},
    memory: {
      repoKey: repo.key,
      output: job.outputPattern,
      memory: memoryOf(prepared, proposal, result.blobs, trace, tools),
    },
  };
}

function toRecord(file: IntendedFile, normalise: ReturnType<typeof createNormaliser>): DeliveryRecord {
  const {before, ...rest} = file;
  const base = before === undefined ? undefined : normalise(file.path, before);
  return {...rest, ...(before === undefined ? {} : {before}), ...(base === undefined ? {} : {base}), state: 'intended'};
}

function ownBlobs(deliveries: readonly DeliveryRecord[]): EarlierDelivery[] {
  return deliveries.map(({path, blob}) => ({path, blob}));
}

function outcomeOf(result: DeliveryResult, spent: Spent): Outcome {
  return result.kind === 'delivered'
    ? {status: 'changed', files: result.files, delivered: result.delivered, ...spent}
    : {status: 'unchanged', files: result.files, ...spent};
}

function memoryOf(
  prepared: PreparedJob,
  {edits}: Proposal,
  blobs: ReadonlyMap<string, string>,
  trace: Trace,
  tools: JobTools,
): Memory {
  return {
    inputs: prepared.inputs,
    files: Object.fromEntries(edits.map(({path}) => [path, blobs.get(path) ?? ''])),
    ...(trace.reply === undefined ? {} : {replyDigest: trace.reply.digest}),
    runId: tools.runId,
    at: tools.clock.now(),
  };
}

function failedOutcome(error: unknown, spent: Spent): Outcome {
  if (error instanceof NotStarted) return {status: 'not-started', reason: error.reason, ...spent};
  if (error instanceof JobFailure) return {status: 'failed', failure: error.failure, ...spent};
  return {status: 'failed', failure: crash(error), ...spent};
}

function crash(error: unknown): Failure {
  const stack = error instanceof Error ? error.stack : undefined;
  return {
    reason: 'crashed',
    message: String(error instanceof Error ? error.message : error),
    // Something of this machine that its operator can mend, such as a git that is missing.
    ...(error instanceof OrchestratorError && error.hint !== undefined
      ? {next: `${error.hint}, then: orchestrator retry`}
      : {}),
    ...(stack === undefined ? {} : {stack}),
  };
}

function detailOf(outcome: Outcome, trace: Trace): JobDetail {
  const leftOut = trace.preparation?.kind === 'ready' ? trace.preparation.prepared.built.context.leftOut : [];
  return {
    outcome,
    ...(trace.reply === undefined ? {} : {model: trace.reply.model}),
    heldBack: nameHeldBack(leftOut),
    leftOut: countLeftOut(leftOut),
    replayed: trace.reply?.replayed ?? false,
    attempts: trace.attempts,
  };
}
