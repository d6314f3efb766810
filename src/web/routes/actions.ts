import {createHash, randomBytes} from 'node:crypto';
import type {Hono} from 'hono';
import {z} from 'zod';
import type {ChangeSummary} from '../../domain/change.ts';
import {OrchestratorError} from '../../domain/errors.ts';
import {type ForgeHost, wellKnownForges} from '../../domain/forge.ts';
import {type Job, laterDelivery} from '../../domain/job.ts';
import {deliveryTarget} from '../../run/delivery-target.ts';
import type {RunSettings} from '../../run/run-settings.ts';
import {sumLines} from '../../util/sum-lines.ts';
import type {DeliverPreview} from '../api.ts';
import {readBody} from '../read-body.ts';
import type {PageParts} from '../server.ts';
import {noRun} from './runs.ts';

const confirmForMs = 10 * 60_000;
const confirmSchema = z.strictObject({confirm: z.string().max(100)});
const emptySchema = z.strictObject({});

/**
 * What has an effect beyond the ledger is done by the command line, in a process of its own, so that there is one way in which
 * it is done. A delivery must be confirmed with what was shown: the list of where each change goes.
 */
export function addActionRoutes(app: Hono, {ledger, book, commands, clock}: PageParts): void {
  /** What was shown and may be confirmed, once. */
  const shown = new Map<string, {run: string; digest: string; until: number}>();

  app.post('/api/runs/:run/retry', async context => {
    await readBody(context, emptySchema);
    const open = await book.open(context.req.param('run'));
    if (open === undefined) return noRun(context);
    const {id, state, toRetry} = open.overview;
    if (state === 'running')
      throw new OrchestratorError('run-goes-on', `${id} is running`, {hint: 'wait until it has ended'});
    if (toRetry === 0) throw new OrchestratorError('nothing-to-retry', 'a retry helps none of its jobs');
    return started(commands.start(id, 'retry', ['retry', id]));
  });

  app.post('/api/runs/:run/deliver/preview', async context => {
    await readBody(context, emptySchema);
    const run = context.req.param('run');
    const changes = await ledger.changes({runId: run, state: 'to-deliver'});
    if (changes.length === 0)
      throw new OrchestratorError('nothing-accepted', 'no change of this run waits for delivery');
    const jobs = new Map((await ledger.jobs(run)).map(({job}) => [job.id, job]));
    const forges = ((await ledger.run(run))?.settings as Partial<RunSettings> | undefined)?.forges ?? wellKnownForges;
    const confirm = randomBytes(16).toString('base64url');
    for (const [key, {until}] of shown) if (until < clock.now()) shown.delete(key);
    shown.set(confirm, {run, digest: digestOf(changes), until: clock.now() + confirmForMs});
    const preview: DeliverPreview = {
      confirm,
      targets: changes.map(change => toTarget(change, jobs.get(change.jobId), forges)),
    };
    return context.json(preview);
  });

  app.post('/api/runs/:run/deliver', async context => {
    const {confirm} = await readBody(context, confirmSchema);
    const run = context.req.param('run');
    const known = shown.get(confirm);
    shown.delete(confirm);
    if (known === undefined || known.run !== run || known.until < clock.now()) {
      throw new OrchestratorError('not-confirmed', 'this delivery was not shown', {
        hint: 'look at the list and confirm it',
      });
    }
    const changes = await ledger.changes({runId: run, state: 'to-deliver'});
    if (digestOf(changes) !== known.digest) {
      throw new OrchestratorError('list-changed', 'the accepted changes are others than those shown', {
        hint: 'look at the list again',
      });
    }
    return started(commands.start(run, 'deliver', ['deliver', '--run', run, '--yes']));
  });
}

function started(command: ReturnType<PageParts['commands']['start']>): Response {
  if (command === undefined) {
    throw new OrchestratorError('command-goes-on', 'a command for this run goes on', {hint: 'wait until it has ended'});
  }
  return Response.json(command);
}

function digestOf(changes: readonly ChangeSummary[]): string {
  const list = changes.map(({jobId, deliver, change}) => [jobId, deliver, change.patchId]);
  return createHash('sha256').update(JSON.stringify(list)).digest('hex');
}

function toTarget(
  {jobId, repo, repoKey, skill, deliver, change}: ChangeSummary,
  job: Job | undefined,
  forges: readonly ForgeHost[],
): DeliverPreview['targets'][number] {
  const kind = laterDelivery(deliver, job?.path);
  const {place, branch, remote} = job === undefined ? {place: repoKey} : deliveryTarget(job, kind, forges);
  return {
    job: jobId,
    repo,
    skill,
    deliver: kind,
    place,
    ...(branch === undefined ? {} : {branch}),
    ...(remote === undefined ? {} : {remote}),
    ...sumLines(change.files),
  };
}
