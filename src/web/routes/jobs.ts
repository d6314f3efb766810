import type {Hono} from 'hono';
import type {ChangeRecord} from '../../domain/change.ts';
import {endStatus, failureReasons, nextStep, type Outcome} from '../../domain/outcome.ts';
import type {JobRecord} from '../../domain/run.ts';
import {readPatch} from '../../report/patch-view.ts';
import {toResultRow} from '../../report/result-row.ts';
import {reviewOf, reviewStep, reviewText} from '../../report/review-state.ts';
import type {ChangeView, JobView} from '../api.ts';
import {toJobRow} from '../job-rows.ts';
import {readTranscript} from '../read-transcript.ts';
import type {PageParts} from '../server.ts';
import {noRun} from './runs.ts';

/** A person reads no more of a diff than that at once; the whole stands in the patch. */
const maxDiffLines = 4_000;

export function addJobRoutes(app: Hono, parts: PageParts): void {
  const {ledger, book, feed} = parts;

  app.get('/api/runs/:run/jobs/:job', async context => {
    const {run: runId, job: jobId} = context.req.param();
    const [run, open] = await Promise.all([ledger.run(runId), book.open(runId)]);
    if (run === undefined || open === undefined) return noRun(context);
    feed.watch(open);
    const [record] = await ledger.jobsById(runId, [jobId]);
    if (record === undefined) return context.json({error: 'the run has no such job'}, 404);
    const [change, events, transcript] = await Promise.all([
      ledger.change(runId, jobId),
      parts.jobEvents(run, record),
      readTranscript(ledger, runId, jobId),
    ]);
    return context.json({
      ...describe(record, change),
      run: runId,
      transcript,
      events,
      raw: toResultRow(runId, record, change),
    } satisfies JobView);
  });
}

type Described = Omit<JobView, 'run' | 'transcript' | 'events' | 'raw'>;

function describe(record: JobRecord, change: ChangeRecord | undefined): Described {
  const {job, detail} = record;
  const outcome = detail?.outcome;
  const delivered = change?.delivered ?? (outcome?.status === 'changed' ? outcome.delivered : undefined);
  return {
    row: toJobRow(record, change),
    mode: job.mode,
    model: detail?.model ?? job.models[0] ?? null,
    output: job.output,
    ...(job.path === undefined ? {} : {path: job.path}),
    deliver: job.deliver,
    attempts: detail?.attempts ?? 0,
    replayed: detail?.replayed ?? false,
    tokens: {
      input: outcome?.usage.inputTokens ?? 0,
      output: outcome?.usage.outputTokens ?? 0,
      cacheRead: outcome?.usage.cacheReadTokens ?? 0,
    },
    ...explain(outcome, change),
    heldBack: detail?.heldBack ?? [],
    leftOut: detail?.leftOut ?? {},
    ...(delivered === undefined ? {} : {delivered}),
    ...(change === undefined ? {} : {change: toChangeView(change)}),
  };
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

export function toChangeView({change, findings, verified, decision}: ChangeRecord): ChangeView {
  const files = readPatch(change.patch, maxDiffLines);
  return {
    patchId: change.patchId,
    ...(change.summary === undefined ? {} : {summary: change.summary}),
    files,
    cut: files.some(({cut}) => cut > 0),
    findings,
    verified,
    decision,
  };
}
