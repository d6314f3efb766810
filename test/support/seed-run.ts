import path from 'node:path';
import type {PolicyFinding, VerifyResult} from '../../src/domain/change.ts';
import {type DeliveryKind, type Job, jobId} from '../../src/domain/job.ts';
import type {ModelReply} from '../../src/domain/model.ts';
import type {ChangedFile, FailureReason, NotStartedReason, Outcome} from '../../src/domain/outcome.ts';
import {type JobDetail, noControl, type RunRecord, type RunState, runId} from '../../src/domain/run.ts';
import {noUsage} from '../../src/domain/usage.ts';
import type {Ledger, NewChange} from '../../src/ledger/ledger.ts';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {ownProcess} from '../../src/util/process-identity.ts';
import {makeJob} from './make-job.ts';

/** How a seeded job stands; the words are those of outcomes and states. */
export type SeededEnd =
  | 'changed'
  | 'unchanged'
  | 'up-to-date'
  | 'running'
  | 'pending'
  | {readonly failed: FailureReason; readonly message: string}
  | {readonly notStarted: NotStartedReason};

/** A change as it is recorded with the end of a job; the patch stands for its edits. */
export interface SeededChange {
  readonly patch: string;
  readonly patchId?: string;
  readonly files?: readonly ChangedFile[];
  readonly summary?: string;
  readonly findings?: readonly PolicyFinding[];
  readonly verified?: readonly VerifyResult[];
  /** Default: a patch, which stays on this machine. */
  readonly deliver?: DeliveryKind;
}

export interface SeededJob {
  readonly repo: string;
  readonly skill?: string;
  readonly task?: string;
  readonly end: SeededEnd;
  /** Recorded as the model's reply, paid with `costUsd`. */
  readonly reply?: string;
  readonly costUsd?: number;
  readonly change?: SeededChange;
  /** Where it is fetched from; default: it has a path instead. */
  readonly url?: string;
  /** Default: a model of Anthropic. */
  readonly model?: string;
}

export interface SeededRun {
  readonly jobs: readonly SeededJob[];
  readonly state?: RunState;
  /** A running run is held by this process unless it is `dead`. */
  readonly holder?: 'this process' | 'dead';
  readonly startedAt?: number;
  readonly exitCode?: number;
  readonly id?: string;
  readonly budgetUsd?: number;
  readonly description?: string;
  /** Runs of one configuration have the same; default: each its own. */
  readonly claim?: string;
  readonly expected?: {readonly everyMs: number; readonly configFile: string};
}

const firstStart = Date.UTC(2025, 11, 1, 2, 0, 0);

/** Records a run in the ledger of `stateDir` through the ledger's own methods, minute by minute. */
export async function seedRun(stateDir: string, seeded: SeededRun): Promise<RunRecord> {
  const startedAt = seeded.startedAt ?? firstStart;
  let now = startedAt;
  const ledger = createLedger(openSqlite(path.join(stateDir, 'state.db')), {now: () => now});
  const state = seeded.state ?? 'finished';
  const dead = {host: ownProcess().host, pid: 999_999_999, start: 'another boot'};
  const run: RunRecord = {
    id: seeded.id ?? runId(new Date(startedAt), (startedAt % 65_536) / 65_536),
    claim: seeded.claim ?? `config:${startedAt}`,
    state: 'running',
    holder: state === 'running' && seeded.holder !== 'dead' ? ownProcess() : dead,
    heartbeatAt: startedAt,
    startedAt,
    ...(seeded.description === undefined ? {} : {description: seeded.description}),
    command: ['--config', 'config/overnight.json'],
    settings: {
      version: 1,
      ...(seeded.budgetUsd === undefined ? {} : {budgetUsd: seeded.budgetUsd}),
      ...(seeded.expected === undefined ? {} : {expected: seeded.expected}),
    },
    control: noControl,
    resultsFile: path.join(stateDir, `results-${startedAt}.json`),
  };
  const jobs = seeded.jobs.map(toJob);
  await ledger.startRun(run, jobs);
  // Of many jobs, many are written at once, or their transactions would take minutes.
  const together = jobs.length > 500 ? 200 : 1;
  for (let from = 0; from < jobs.length; from += together) {
    now += 60_000;
    const some = jobs.slice(from, from + together);
    await Promise.all(some.map((job, index) => seedJob(ledger, run.id, job, seeded.jobs[from + index]!)));
  }
  now += 60_000;
  if (state === 'running') await ledger.beat(run.id, run.holder);
  else await ledger.endRun(run.id, {holder: run.holder, state, exitCode: seeded.exitCode ?? 0});
  const record = await ledger.run(run.id);
  await ledger.close();
  return record ?? run;
}

function toJob(
  {repo, url, skill = 'readme-generator', task = 'Update READMEs', model = 'anthropic/claude-sonnet-5-5'}: SeededJob,
  sequence: number,
): Job {
  return makeJob(sequence, repo, {
    id: jobId(task, skill, repo),
    task,
    skill,
    ...(url === undefined ? {path: `/fleet/${repo}`} : {url}),
    models: [model],
    output: 'README.md',
    outputs: ['README.md'],
    outputPattern: 'README.md',
    timeoutMs: 600_000,
  });
}

async function seedJob(ledger: Ledger, run: string, job: Job, seeded: SeededJob): Promise<void> {
  if (seeded.end === 'pending') return;
  await ledger.startJob(run, job, job.path ?? '');
  const costUsd = seeded.costUsd ?? 0;
  if (seeded.reply !== undefined) await seedReply(ledger, run, job, seeded.reply, costUsd);
  const outcome = toOutcome(seeded.end, costUsd);
  if (outcome === undefined) return;
  const detail: JobDetail = {outcome, model: job.models[0]!, heldBack: [], leftOut: {}, replayed: false, attempts: 1};
  await ledger.finishJob(run, job, {
    detail,
    releaseRepo: job.path ?? '',
    ...(seeded.change === undefined ? {} : {change: toChange(job, seeded.change, outcome)}),
  });
}

export async function seedReply(ledger: Ledger, run: string, job: Job, text: string, costUsd: number): Promise<void> {
  const model = job.models[0]!;
  const reserved = await ledger.reserveCall({
    runId: run,
    job,
    repoKey: job.path ?? '',
    model,
    worstCaseUsd: costUsd * 2,
    limits: [],
    counted: [`run:${run}`],
  });
  if (reserved.kind !== 'reserved') throw new Error(`the seeded call was refused: ${reserved.kind}`);
  const reply: ModelReply = {text, finishReason: 'stop', usage: {...noUsage, requests: 1}};
  await ledger.recordReply(reserved.id, {
    digest: `${run} ${job.id}`,
    runId: run,
    jobId: job.id,
    model,
    reply,
    cost: {usd: costUsd},
  });
}

function toChange(job: Job, seeded: SeededChange, outcome: Outcome): NewChange {
  const {patch, patchId = patch, summary, findings = [], verified = [], deliver = 'patch'} = seeded;
  return {
    repoKey: job.path ?? '',
    change: {
      edits: [],
      commit: '1111111111111111111111111111111111111111',
      files: seeded.files ?? [{path: 'README.md', added: 12, removed: 4}],
      patch,
      patchId,
      ...(summary === undefined ? {} : {summary}),
    },
    findings,
    verified,
    deliver,
    ...(outcome.status === 'changed' ? {delivered: {kind: deliver}} : {}),
  };
}

function toOutcome(end: SeededEnd, usd: number): Outcome | undefined {
  const spent = {usage: noUsage, cost: {usd}};
  if (typeof end === 'object') {
    if ('failed' in end) return {status: 'failed', failure: {reason: end.failed, message: end.message}, ...spent};
    return {status: 'not-started', reason: end.notStarted, ...spent};
  }
  switch (end) {
    case 'changed':
      return {
        status: 'changed',
        files: [{path: 'README.md', added: 12, removed: 4}],
        delivered: {kind: 'files'},
        ...spent,
      };
    case 'unchanged':
      return {status: 'unchanged', files: [], ...spent};
    case 'up-to-date':
      return {status: 'up-to-date', since: 'r-20251130-020000-0001', ...spent};
    case 'running':
    case 'pending':
      return undefined;
    default:
      return end satisfies never;
  }
}
