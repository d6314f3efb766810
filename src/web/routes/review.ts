import {createHash} from 'node:crypto';
import type {Hono} from 'hono';
import {z} from 'zod';
import {type ChangeSummary, changeStateOf, type Decision, failsVerify, rejectReasons} from '../../domain/change.ts';
import {OrchestratorError} from '../../domain/errors.ts';
import type {ForgeHost} from '../../domain/forge.ts';
import {orderForReview, reviewGroup} from '../../domain/review-order.ts';
import type {JobRecord} from '../../domain/run.ts';
import {decideChanges} from '../../run/decide-changes.ts';
import {forgesOf} from '../../run/delivery-target.ts';
import {sumLines} from '../../util/sum-lines.ts';
import type {ReviewItem, ReviewQueue} from '../api.ts';
import {destinationOf} from '../destination.ts';
import {readBody} from '../read-body.ts';
import type {PageParts} from '../server.ts';
import {toChangeView} from './jobs.ts';

/** The queue shows no more at once; what comes after follows when these are decided. */
const maxItems = 1_000;

const decideSchema = z.strictObject({
  changes: z
    .array(z.strictObject({run: z.string().max(100), job: z.string().max(100)}))
    .min(1)
    .max(1_000),
  kind: z.enum(['pending', 'accepted', 'rejected']),
  why: z.enum(rejectReasons).optional(),
  text: z.string().max(2_000).optional(),
});

/** Deciding is all that happens here: nothing leaves the machine. */
export function addReviewRoutes(app: Hono, {ledger, clock, feed}: PageParts): void {
  app.get('/api/review', async context => {
    const runId = context.req.query('run');
    const filter = {state: 'to-review', ...(runId === undefined ? {} : {runId})} as const;
    const [changes, counts] = await Promise.all([ledger.changes(filter), ledger.countChanges(runId)]);
    const toDeliver = counts.get('to-deliver') ?? 0;
    const accepted = toDeliver === 0 ? [] : await ledger.changes({...filter, state: 'to-deliver'});
    const queue: ReviewQueue = {
      items: await readItems(ledger, orderForReview(changes).slice(0, maxItems)),
      more: Math.max(0, changes.length - maxItems),
      toDeliver,
      runsToDeliver: [...new Set(accepted.map(change => change.runId))],
    };
    return context.json(queue);
  });

  app.get('/api/review/:run/:job', async context => {
    const {run, job} = context.req.param();
    const [change, [record]] = await Promise.all([ledger.change(run, job), ledger.jobsById(run, [job])]);
    if (change === undefined || record === undefined) return context.json({error: 'there is no such change'}, 404);
    return context.json(await toChangeView(change, record.job.mode));
  });

  app.post('/api/decide', async context => {
    const {changes, kind, why, text} = await readBody(context, decideSchema);
    if (kind === 'rejected' && why === undefined) {
      throw new OrchestratorError('bad-request', 'a rejection needs a reason: wrong, unwanted, style or risky');
    }
    const at = clock.now();
    const decision: Decision =
      kind === 'pending'
        ? {kind}
        : kind === 'accepted'
          ? {kind, at}
          : {kind, at, why: why!, ...(text === undefined || text === '' ? {} : {text})};
    const named = changes.map(({run: runId, job: jobId}) => ({runId, jobId}));
    const decided = (await decideChanges(ledger, named, decision)).length;
    // Whoever looks is told at once; when that cannot be done now, it is done with the next look.
    feed.lookOnce().catch(() => {});
    if (decided < changes.length) {
      throw new OrchestratorError('change-gone', `${changes.length - decided} of ${changes.length} changes are gone`, {
        hint: 'a retry has replaced them; look again',
      });
    }
    return context.json({decided});
  });
}

/** With what their jobs say, which are read run by run. */
async function readItems(ledger: PageParts['ledger'], changes: readonly ChangeSummary[]): Promise<ReviewItem[]> {
  const records = new Map<string, JobRecord>();
  const forges = new Map<string, readonly ForgeHost[]>();
  for (const [runId, ofRun] of Map.groupBy(changes, change => change.runId)) {
    const jobIds = ofRun.map(({jobId}) => jobId);
    forges.set(runId, forgesOf(await ledger.run(runId)));
    for (const record of await ledger.jobsById(runId, jobIds)) records.set(`${runId} ${record.job.id}`, record);
  }
  return changes.flatMap(change => {
    const record = records.get(`${change.runId} ${change.jobId}`);
    return record === undefined ? [] : [toItem(change, record, forges.get(change.runId)!)];
  });
}

function toItem(change: ChangeSummary, {job, detail}: JobRecord, forges: readonly ForgeHost[]): ReviewItem {
  const {files, patchId, summary} = change.change;
  return {
    run: change.runId,
    job: change.jobId,
    repo: change.repo,
    skill: change.skill,
    patchId,
    group: createHash('sha256').update(reviewGroup(change)).digest('hex').slice(0, 16),
    ...(summary === undefined ? {} : {summary: summary.slice(0, 600)}),
    fileCount: files.length,
    ...sumLines(files),
    findings: change.findings.length,
    failedChecks: change.verified.filter(failsVerify).length,
    checks: change.verified.length,
    costUsd: detail?.outcome.cost.usd ?? null,
    destination: destinationOf(job, {forges, change}),
    decision: change.decision.kind,
    state: changeStateOf(change),
  };
}
