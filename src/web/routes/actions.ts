import {createHash, randomBytes} from 'node:crypto';
import type {Hono} from 'hono';
import {z} from 'zod';
import type {ChangeSummary} from '../../domain/change.ts';
import {OrchestratorError} from '../../domain/errors.ts';
import type {ForgeHost} from '../../domain/forge.ts';
import {type Job, jobLabel} from '../../domain/job.ts';
import {forgesOf} from '../../run/delivery-target.ts';
import {sumLines} from '../../util/sum-lines.ts';
import type {DeliverPreview, JobRow} from '../api.ts';
import {destinationOf} from '../destination.ts';
import {readBody} from '../read-body.ts';
import {isRetried, readRetryCosts} from '../retry-costs.ts';
import type {OpenRun} from '../run-book.ts';
import type {PageParts} from '../server.ts';
import {noRun} from './runs.ts';

const confirmForMs = 10 * 60_000;
const confirmSchema = z.strictObject({confirm: z.string().max(100)});
const emptySchema = z.strictObject({});
const retrySchema = z.strictObject({jobs: z.array(z.string().max(100)).min(1).max(1_000).optional()});

/**
 * What has an effect beyond the ledger is done by the command line, in a process of its own, so that there is one way in which
 * it is done. A delivery must be confirmed with what was shown: the list of where each change goes.
 */
export function addActionRoutes(app: Hono, {ledger, book, commands, clock}: PageParts): void {
  /** What was shown and may be confirmed, once. */
  const shown = new Map<string, {run: string; digest: string; until: number}>();

  app.post('/api/runs/:run/retry', async context => {
    const {jobs} = await readBody(context, retrySchema);
    const open = await book.open(context.req.param('run'));
    if (open === undefined) return noRun(context);
    const {id, state} = open.overview;
    if (state === 'running')
      throw new OrchestratorError('run-goes-on', `${id} is running`, {hint: 'wait until it has ended'});
    return started(commands.start(id, 'retry', ['retry', id, ...namedJobs(open, jobs)]));
  });

  app.get('/api/runs/:run/retry', async context => {
    const open = await book.open(context.req.param('run'));
    if (open === undefined) return noRun(context);
    const ids = [...open.rows.values()].filter(isRetried).map(({id}) => id);
    return context.json(await readRetryCosts(ledger, open.overview.id, ids));
  });

  app.post('/api/runs/:run/deliver/preview', async context => {
    await readBody(context, emptySchema);
    const run = context.req.param('run');
    const changes = await ledger.changes({runId: run, state: 'to-deliver'});
    if (changes.length === 0)
      throw new OrchestratorError('nothing-accepted', 'no change of this run waits for delivery');
    const records = await ledger.jobsById(
      run,
      changes.map(({jobId}) => jobId),
    );
    const jobs = new Map(records.map(({job}) => [job.id, job]));
    const forges = forgesOf(await ledger.run(run));
    const confirm = randomBytes(16).toString('base64url');
    for (const [key, {until}] of shown) if (until < clock.now()) shown.delete(key);
    shown.set(confirm, {run, digest: digestOf(changes), until: clock.now() + confirmForMs});
    const preview: DeliverPreview = {
      confirm,
      targets: changes.flatMap(change => {
        const job = jobs.get(change.jobId);
        return job === undefined ? [] : [toTarget(change, job, forges)];
      }),
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

function toTarget(changed: ChangeSummary, job: Job, forges: readonly ForgeHost[]): DeliverPreview['targets'][number] {
  const {jobId, repo, skill, delivered, change} = changed;
  return {
    job: jobId,
    repo,
    skill,
    ...destinationOf(job, {forges, change: changed}),
    ...(delivered?.branch === undefined ? {} : {branch: delivered.branch}),
    ...sumLines(change.files),
  };
}

/**
 * Which jobs to name to `orchestrator retry`: none where it would choose the same by itself. It also runs again what has left
 * something to decide on, which here waits for the person.
 */
function namedJobs({rows}: OpenRun, wanted: readonly string[] | undefined): string[] {
  const all = [...rows.values()];
  const chosen = wanted === undefined ? all.filter(isRetried) : all.filter(({id}) => wanted.includes(id));
  if (chosen.length === 0 || chosen.length !== (wanted?.length ?? chosen.length))
    throw new OrchestratorError('nothing-to-retry', 'a retry helps none of these jobs');
  const byItself = all.filter(({state, standing, retry}) => {
    const isOpen = standing === 'failed' || standing === 'to-review';
    return state === 'not-started' || (state === 'failed' && isOpen && retry !== 'no');
  });
  if (wanted === undefined && byItself.length === chosen.length) return [];
  return ['--job', ...chosen.map(row => nameOf(row, all))];
}

/** As people call it, where that is no other job's name too. */
function nameOf(row: JobRow, all: readonly JobRow[]): string {
  const isAmbiguous = all.some(({id, skill, repo}) => id !== row.id && skill === row.skill && repo === row.repo);
  return isAmbiguous ? row.id : jobLabel(row);
}
