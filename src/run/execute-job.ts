import {type DeliveryResult, NotWanted} from '../delivery/delivery.ts';
import type {Change, Proposal} from '../domain/change.ts';
import {countLeftOut, nameHeldBack} from '../domain/context.ts';
import {OrchestratorError} from '../domain/errors.ts';
import type {Job} from '../domain/job.ts';
import {type Failure, JobFailure, type Outcome, type Spent} from '../domain/outcome.ts';
import type {JobDetail} from '../domain/run.ts';
import type {Cost} from '../domain/usage.ts';
import {type JobEnd, LedgerError, type Memory, type NewChange} from '../ledger/ledger.ts';
import {checkChange} from '../modes/check-change.ts';
import {offlineUnfit} from '../modes/offline-unfit.ts';
import {localDate} from '../util/local-time.ts';
import {quoteText} from '../util/quote-text.ts';
import {assertApproved} from './assert-approved.ts';
import {checkDelivery, deliverChange} from './deliver-change.ts';
import {describeDropped} from './describe-dropped.ts';
import {findSettled} from './find-settled.ts';
import type {JobTools} from './job-tools.ts';
import {JobTrace} from './job-trace.ts';
import {NotStarted} from './not-started.ts';
import {budgetScopes} from './obtain-reply.ts';
import {assertCurrent, type Preparation, type PreparedJob, PreparedTooEarly, prepareJob} from './prepare-job.ts';
import {proposeChange} from './propose-change.ts';
import {rejectedReplies} from './rejected-replies.ts';
import {describeNotRun} from './verify-change.ts';

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
  const trace = new JobTrace();
  let end: JobEnd;
  try {
    end = await reachEnd(job, preparation, trace, tools, answered, signal);
  } catch (error) {
    // Without the ledger nothing can be promised: the run has to stop, and `resume` finds the job as it was.
    if (error instanceof LedgerError) throw error;
    const reason = signal.aborted ? new NotStarted(tools.gate.jobsClosed ?? 'stopped') : error;
    end = {detail: detailOf(failedOutcome(reason, trace.spent), trace, tools)};
  } finally {
    if (trace.preparation?.kind === 'ready') trace.preparation.prepared.repo.release();
  }
  const cost = await costOf(job, trace, tools);
  end = {...end, detail: {...end.detail, outcome: {...end.detail.outcome, cost}}};
  const releaseRepo = trace.repoKey !== undefined && tools.repoUse.leave(trace.repoKey) ? trace.repoKey : undefined;
  const change = changeOf(job, end.detail.outcome, trace);
  await tools.ledger.finishJob(tools.runId, job, {
    ...end,
    ...(change === undefined ? {} : {change}),
    ...(releaseRepo === undefined ? {} : {releaseRepo}),
  });
  return end.detail;
}

/** A job has cost what all its calls in this run cost, also those of attempts that failed before: the ledger has the one sum. */
async function costOf(job: Job, trace: JobTrace, {ledger, runId, today}: JobTools): Promise<Cost> {
  const noted = trace.takeNoted();
  if (noted > 0) {
    const {counted} = budgetScopes(runId, job, {}, today());
    await ledger.noteSpending({runId, job, model: `agent/${job.agent?.name}`, usd: noted, counted});
  }
  if (trace.spent.cost.usd === null) return trace.spent.cost;
  return {usd: (await ledger.costOfJobs(runId, job.id)).get(job.id) ?? 0};
}

async function reachEnd(
  job: Job,
  first: Promise<Preparation>,
  trace: JobTrace,
  tools: JobTools,
  answered: Answered,
  signal: AbortSignal,
): Promise<JobEnd> {
  for (let preparation = first; ; preparation = prepareJob(job, tools)) {
    const prepared = await preparation;
    trace.preparation = prepared;
    if (prepared.kind === 'ended') return {detail: detailOf(prepared.outcome, trace, tools)};
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

async function makeChange(
  prepared: PreparedJob,
  trace: JobTrace,
  tools: JobTools,
  answered: Answered,
  signal: AbortSignal,
): Promise<JobEnd> {
  const {job, repo} = prepared;
  // Before money is spent: a delivery that would be refused whatever the model says.
  const {deliverableAt} = prepared;
  if (deliverableAt === undefined || Math.abs(tools.clock.now() - deliverableAt) > deliverableForMs)
    await checkDelivery(prepared, tools.delivery).catch(async error => {
      // What is in the way may have been delivered by another run since.
      await assertCurrent(prepared, tools.ledger);
      throw error;
    });

  const proposal = await proposeChange(prepared, trace, tools, answered, signal);
  trace.dropped = describeDropped(proposal.leftOut ?? []);
  const change = await tools.diff(repo.reader, proposal);
  await checkAgainstSkill(change, prepared, trace, tools);
  trace.change = change;
  const rejected = await tools.ledger.rejection(repo.key, change.patchId);
  if (rejected !== undefined) {
    const note = `the same change was rejected on ${localDate(new Date(rejected.at))} (${rejected.why})`;
    return endWell({status: 'unchanged', files: [], note, ...trace.spent}, {edits: []}, new Map());
  }
  const settled = await findSettled(job, change, repo, tools);
  if (settled !== undefined)
    return endWell({status: 'unchanged', files: [], note: settled, ...trace.spent}, {edits: []}, new Map());
  // The work tree may hold what an earlier night left there; only the delivery into it can say that nothing is new.
  const said = change.edits.length === 0 && job.mode === 'agent' ? noteOf(proposal) : {};
  if (change.edits.length === 0 && job.deliver !== 'files')
    return endWell({status: 'unchanged', files: [], ...said, ...trace.spent}, proposal, new Map());

  const judged = trace.verdict?.patch === change.patch ? trace.verdict.verified : undefined;
  trace.verified = judged?.results ?? [];
  trace.findings = [...(await tools.judgeChange(job, change)), ...(judged?.findings ?? [])];
  await assertApproved(change, repo.key, trace.findings, tools.ledger);
  const verified =
    judged ??
    (await tools.verify({job, repo, entries: prepared.built.entries, change, signal, onNetwork: trace.noteNetwork}));
  const {results, failure} = verified;
  trace.verified = results;
  if (results.length > 0) trace.sandbox ??= tools.sandboxTier();
  if (failure !== undefined) {
    const replies = trace.reply === undefined ? [] : [trace.reply.digest];
    for (const digest of rejectedReplies(job, failure.failure, replies)) await tools.ledger.rejectReply(digest);
    throw failure;
  }
  if (judged === undefined) trace.findings = [...trace.findings, ...(verified.findings ?? [])];
  await assertApproved(change, repo.key, trace.findings, tools.ledger);
  // Only the text of a pull request says what the change has cost.
  const spent = job.deliver === 'pull-request' ? {...trace.spent, cost: await costOf(job, trace, tools)} : trace.spent;
  const result = await deliverChange(prepared, proposal, change, {spent, verified: trace.verified}, tools);
  const outcome = outcomeOf(result, trace.spent);
  return endWell(outcome.status === 'unchanged' ? {...said, ...outcome} : outcome, proposal, result.blobs);

  function endWell(outcome: Outcome, done: Proposal, blobs: ReadonlyMap<string, string>): JobEnd {
    // A branch, pull request or patch was handed over: what became of it is a person's to say.
    const left = job.deliver === 'files' ? done : {edits: []};
    const memory = memoryOf(prepared, left, blobs, trace, tools);
    return {
      detail: detailOf(outcome, trace, tools),
      confirm: {repoKey: repo.key, blobs: Object.fromEntries(blobs)},
      memory: {repoKey: repo.key, output: job.outputPattern, memory},
    };
  }
}

/** How long a look at what is in the way of a delivery holds. Who saves a file within it is seen by the delivery, after the call. */
const deliverableForMs = 2000;

/** A reply that led to something else than its skill asks for is not used again. */
async function checkAgainstSkill(
  change: Change,
  {job, repo, built}: PreparedJob,
  trace: JobTrace,
  tools: JobTools,
): Promise<void> {
  try {
    await checkChange({change, job, skill: tools.skill(job.skill), entries: built.entries, reader: repo.reader});
  } catch (error) {
    if (trace.reply !== undefined && error instanceof JobFailure) await tools.ledger.rejectReply(trace.reply.digest);
    throw trace.reply?.reply.readOff === true ? offlineUnfit(error) : error;
  }
}

/** An agent has to say that nothing needs to change, and why. */
function noteOf({summary}: Proposal): {note?: string} {
  return summary === undefined ? {} : {note: `the agent says that nothing needs to change: ${quoteText(summary, 200)}`};
}

function outcomeOf(result: DeliveryResult, spent: Spent): Outcome {
  return result.kind === 'delivered'
    ? {status: 'changed', files: result.files, delivered: result.delivered, ...spent}
    : {status: 'unchanged', files: result.files, ...(result.note === undefined ? {} : {note: result.note}), ...spent};
}

function memoryOf(
  prepared: PreparedJob,
  {edits}: Proposal,
  blobs: ReadonlyMap<string, string>,
  trace: JobTrace,
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
  if (error instanceof NotStarted) {
    const {reason, shortfall} = error;
    return {status: 'not-started', reason, ...(shortfall === undefined ? {} : {shortfall}), ...spent};
  }
  if (error instanceof JobFailure) return {status: 'failed', failure: error.failure, ...spent};
  if (error instanceof NotWanted) return {status: 'unchanged', files: [], note: error.message, ...spent};
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

/** Kept for diff and review: a change that left, and one that was held back or could not be delivered. */
function changeOf(job: Job, outcome: Outcome, {change, repoKey, findings, verified}: JobTrace): NewChange | undefined {
  if (change === undefined || repoKey === undefined || change.edits.length === 0) return undefined;
  if (outcome.status !== 'changed' && outcome.status !== 'failed') return undefined;
  const delivered = outcome.status === 'changed' ? {delivered: outcome.delivered} : {};
  return {repoKey, change, findings, verified, deliver: job.deliver, ...delivered};
}

function detailOf(outcome: Outcome, trace: JobTrace, {sandboxNetwork}: Pick<JobTools, 'sandboxNetwork'>): JobDetail {
  const prepared = trace.preparation?.kind === 'ready' ? trace.preparation.prepared : undefined;
  const leftOut = prepared?.built.context.leftOut ?? [];
  const network = trace.networkOf(sandboxNetwork());
  const warnings = trace.verified.filter(({missing}) => missing !== undefined).map(describeNotRun);
  return {
    outcome,
    ...(prepared === undefined ? {} : {head: prepared.repo.reader.head}),
    ...(trace.reply === undefined ? {} : {model: trace.reply.model}),
    heldBack: nameHeldBack(leftOut),
    leftOut: countLeftOut(leftOut),
    replayed: trace.reply?.replayed ?? false,
    ...(trace.reply?.batch === true ? {batch: true} : {}),
    ...(trace.sandbox === undefined ? {} : {sandbox: trace.sandbox}),
    ...(network === undefined ? {} : {network}),
    ...(trace.verified.length === 0 ? {} : {verified: trace.verified}),
    ...(warnings.length === 0 ? {} : {warnings}),
    ...(trace.dropped.length === 0 ? {} : {dropped: trace.dropped}),
    attempts: trace.attempts,
  };
}
