import {createHash} from 'node:crypto';
import type {Hono} from 'hono';
import {z} from 'zod';
import {type ChangeSummary, changeStateOf, type Decision, failsVerify, rejectReasons} from '../../domain/change.ts';
import {OrchestratorError} from '../../domain/errors.ts';
import {orderForReview, reviewGroup} from '../../domain/review-order.ts';
import {decideChanges} from '../../run/decide-changes.ts';
import {sumLines} from '../../util/sum-lines.ts';
import type {ReviewItem, ReviewQueue} from '../api.ts';
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
export function addReviewRoutes(app: Hono, {ledger, clock}: PageParts): void {
  app.get('/api/review', async context => {
    const runId = context.req.query('run');
    const filter = {state: 'to-review', ...(runId === undefined ? {} : {runId})} as const;
    const [changes, counts] = await Promise.all([ledger.changes(filter), ledger.countChanges(runId)]);
    const queue: ReviewQueue = {
      items: orderForReview(changes).slice(0, maxItems).map(toItem),
      more: Math.max(0, changes.length - maxItems),
      toDeliver: counts.get('to-deliver') ?? 0,
    };
    return context.json(queue);
  });

  app.get('/api/review/:run/:job', async context => {
    const change = await ledger.change(context.req.param('run'), context.req.param('job'));
    if (change === undefined) return context.json({error: 'there is no such change'}, 404);
    return context.json(toChangeView(change));
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
    if (decided < changes.length) {
      throw new OrchestratorError('change-gone', `${changes.length - decided} of ${changes.length} changes are gone`, {
        hint: 'a retry has replaced them; look again',
      });
    }
    return context.json({decided});
  });
}

function toItem(change: ChangeSummary): ReviewItem {
  const {files, patchId, summary} = change.change;
  return {
    run: change.runId,
    job: change.jobId,
    repo: change.repo,
    skill: change.skill,
    patchId,
    group: createHash('sha256').update(reviewGroup(change)).digest('hex').slice(0, 16),
    ...(summary === undefined ? {} : {summary: summary.slice(0, 600)}),
    files: files.map(({path}) => path.slice(0, 200)).slice(0, 20),
    ...sumLines(files),
    findings: change.findings.length,
    failedChecks: change.verified.filter(failsVerify).length,
    checks: change.verified.length,
    deliver: change.deliver,
    decision: change.decision.kind,
    state: changeStateOf(change),
  };
}
