import type {Context, Hono} from 'hono';
import {maskPatch} from '../../context/mask-patch.ts';
import type {ChangeRecord} from '../../domain/change.ts';
import type {ForgeHost} from '../../domain/forge.ts';
import {namedOutput} from '../../domain/job.ts';
import {networkText} from '../../domain/network-use.ts';
import {endStatus, failureReasons, nextStep, type Outcome} from '../../domain/outcome.ts';
import type {JobDetail, JobRecord} from '../../domain/run.ts';
import type {Mode} from '../../domain/skill.ts';
import {readPatch} from '../../report/patch-view.ts';
import {toResultRow} from '../../report/result-row.ts';
import {reviewOf, reviewStep, reviewText} from '../../report/review-state.ts';
import {forgesOf} from '../../run/delivery-target.ts';
import type {ShownPrompt} from '../../run/show-prompt.ts';
import type {ChangeView, JobView, PromptView} from '../api.ts';
import {destinationOf} from '../destination.ts';
import {toJobRow} from '../job-rows.ts';
import {readTranscript} from '../read-transcript.ts';
import type {PageParts} from '../server.ts';
import {noRun} from './runs.ts';

/** A person reads no more of a diff than that at once; the whole stands in the patch. */
const maxDiffLines = 4_000;

export function addJobRoutes(app: Hono, parts: PageParts): void {
  const {ledger, book, feed, operator} = parts;

  app.get('/api/runs/:run/jobs/:job', async context => {
    const {run: runId, job: jobId} = context.req.param();
    const [run, open] = await Promise.all([ledger.run(runId), book.open(runId)]);
    if (run === undefined || open === undefined) return noRun(context);
    feed.watch(open);
    const [record] = await ledger.jobsById(runId, [jobId]);
    if (record === undefined) return noJob(context);
    const [change, events, transcript] = await Promise.all([
      ledger.change(runId, jobId),
      parts.jobEvents(run, record),
      readTranscript(ledger, runId, record),
    ]);
    return context.json({
      ...(await describe(record, change, forgesOf(run))),
      run: runId,
      runState: open.overview.state,
      transcript,
      events,
      raw: toResultRow(runId, record, change),
    } satisfies JobView);
  });

  app.get('/api/runs/:run/jobs/:job/prompt', async context => {
    const {run: runId, job: jobId} = context.req.param();
    const [run, [record]] = await Promise.all([ledger.run(runId), ledger.jobsById(runId, [jobId])]);
    if (run === undefined) return noRun(context);
    if (record === undefined) return noJob(context);
    return context.json(toPromptView(await operator.prompt(run, record)));
  });
}

function noJob(context: Context): Response {
  return context.json({error: 'the run has no such job'}, 404);
}

/** Longer texts are cut for showing; `orchestrator explain --prompt` prints all. */
const maxPromptCharacters = 600_000;

function toPromptView({kind, notes, request, digest, sentDigest, commit, files, leftOut}: ShownPrompt): PromptView {
  const text = (name: string, whole: string): PromptView['texts'][number] => ({
    name,
    text: whole.slice(0, maxPromptCharacters),
    cut: Math.max(0, whole.length - maxPromptCharacters),
  });
  return {
    kind,
    notes,
    ...(digest === undefined ? {} : {digest}),
    ...(sentDigest === undefined ? {} : {sentDigest}),
    ...(commit === undefined ? {} : {commit}),
    texts:
      request === undefined
        ? []
        : [
            text('System', request.system),
            text('Prompt', request.prompt),
            ...(request.tools === undefined ? [] : [text('Tools', JSON.stringify(request.tools, undefined, 2))]),
          ],
    files: files.map(file => ({path: file.path, cut: file.cut})),
    leftOut,
  };
}

type Described = Omit<JobView, 'run' | 'runState' | 'transcript' | 'events' | 'raw'>;

async function describe(
  record: JobRecord,
  change: ChangeRecord | undefined,
  forges: readonly ForgeHost[],
): Promise<Described> {
  const {job, detail} = record;
  const outcome = detail?.outcome;
  const row = toJobRow(record, change);
  return {
    row,
    mode: job.mode,
    model: detail?.model ?? job.models[0] ?? null,
    output: namedOutput(job) ?? '',
    ...(job.path === undefined ? {} : {path: job.path}),
    deliver: job.deliver,
    destination: destinationOf(job, {forges, change}),
    attempts: detail?.attempts ?? 0,
    replayed: detail?.replayed ?? false,
    tokens: {
      input: outcome?.usage.inputTokens ?? 0,
      output: outcome?.usage.outputTokens ?? 0,
      cacheRead: outcome?.usage.cacheReadTokens ?? 0,
    },
    ...explain(outcome, change),
    heldBack: detail?.heldBack ?? [],
    ...(detail?.sandbox === undefined ? {} : {sandbox: sandboxText(detail)}),
    warnings: detail?.warnings ?? [],
    leftOut: detail?.leftOut ?? {},
    ...(row.delivered === undefined ? {} : {delivered: row.delivered}),
    ...(change === undefined ? {} : {change: await toChangeView(change, job.mode)}),
  };
}

function sandboxText({sandbox = 'none', network}: JobDetail): string {
  return network === undefined ? sandbox : `${sandbox}, ${networkText(network.allowed)}`;
}

function explain(outcome: Outcome | undefined, change: ChangeRecord | undefined): Pick<JobView, 'cause' | 'next'> {
  if (outcome?.status !== 'failed') return {};
  const {cause} = failureReasons[outcome.failure.reason];
  const review = endStatus(outcome) === 'held' ? reviewOf(change) : undefined;
  if (review === undefined) return {cause, next: nextStep(outcome.failure)};
  const step = reviewStep(review.state);
  const since = review.state === 'to-review' ? '' : ` Since then: ${reviewText(review)}.`;
  return {cause: cause + since, ...(step === undefined ? {} : {next: step})};
}

export async function toChangeView(
  {change, findings, verified, decision}: ChangeRecord,
  mode: Mode,
): Promise<ChangeView> {
  const files = readPatch(await maskPatch(change.patch), maxDiffLines);
  return {
    patchId: change.patchId,
    mode,
    ...(change.summary === undefined ? {} : {summary: change.summary}),
    files,
    cut: files.some(({cut}) => cut > 0),
    findings,
    verified,
    decision,
  };
}
