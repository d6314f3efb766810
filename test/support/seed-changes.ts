import path from 'node:path';
import {jobId} from '../../src/domain/job.ts';
import type {FailureReason, Outcome} from '../../src/domain/outcome.ts';
import {noUsage} from '../../src/domain/usage.ts';
import type {Ledger, NewChange} from '../../src/ledger/ledger.ts';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {gitBlobId} from '../../src/util/git-blob-id.ts';
import {makeChange} from '../../src/workspace/make-change.ts';
import {makeJob} from './make-job.ts';
import {makeRun} from './make-run.ts';
import {seedReply} from './seed-run.ts';

export interface SeededChange {
  readonly repo: string;
  readonly skill?: string;
  /** Path and content of one new file, or what an existing one was and becomes. Default: `README.md`. */
  readonly path?: string;
  readonly before?: string;
  readonly text?: string;
  readonly summary?: string;
  readonly findings?: NewChange['findings'];
  readonly verified?: NewChange['verified'];
  /** The job failed and has no change. */
  readonly failed?: FailureReason;
  readonly message?: string;
  readonly reply?: string;
}

export const seededRunId = 'r-20251201-020000-7f3a';

/** A ledger in `stateDir` with one ended run whose jobs left these changes, as patches. */
export async function seedChanges(stateDir: string, changes: readonly SeededChange[]): Promise<Ledger> {
  let now = Date.UTC(2025, 11, 1, 2);
  const ledger = createLedger(openSqlite(path.join(stateDir, 'state.db')), {now: () => now++});
  const run = makeRun(seededRunId, {
    claim: 'config:1',
    heartbeatAt: now,
    startedAt: now,
    settings: {version: 1},
    resultsFile: path.join(stateDir, 'results.json'),
  });
  const jobs = changes.map(({repo, skill = 'readme-generator'}, index) =>
    makeJob(index, repo, {
      id: jobId('Tidy', skill, repo),
      task: 'Tidy',
      skill,
      deliver: 'patch',
      path: `/fleet/${repo}`,
    }),
  );
  await ledger.startRun(run, jobs);
  for (const [index, seeded] of changes.entries()) {
    const job = jobs[index]!;
    const outcome = outcomeOf(seeded);
    const detail = {outcome, model: 'offline', heldBack: [], leftOut: {}, replayed: false, attempts: 1};
    const change = seeded.failed === undefined ? await changeOf(seeded) : undefined;
    if (seeded.reply !== undefined) await seedReply(ledger, run.id, job, seeded.reply, 0);
    await ledger.finishJob(run.id, job, {detail, ...(change === undefined ? {} : {change})});
  }
  await ledger.endRun(run.id, {holder: run.holder, state: 'finished', exitCode: 0});
  return ledger;
}

function outcomeOf({failed, message = 'as seeded', path: file = 'README.md'}: SeededChange): Outcome {
  const spent = {usage: noUsage, cost: {usd: 0.02}};
  if (failed !== undefined) return {status: 'failed', failure: {reason: failed, message}, ...spent};
  return {status: 'changed', files: [{path: file, added: 1, removed: 0}], delivered: {kind: 'patch'}, ...spent};
}

async function changeOf(seeded: SeededChange): Promise<NewChange> {
  const {repo, path: file = 'README.md', before, text = '# Title\n', summary, findings = [], verified = []} = seeded;
  const bytes = before === undefined ? undefined : Buffer.from(before);
  const reader = {
    head: {commit: 'c'.repeat(40)},
    objectFormat: 'sha1' as const,
    blobs: async (ids: readonly string[]) => ids.map(() => bytes),
  };
  const change = await makeChange(reader, {
    edits: [
      {
        path: file,
        ...(bytes === undefined ? {} : {before: {kind: 'file', id: gitBlobId('sha1', bytes)}}),
        after: {kind: 'file', bytes: Buffer.from(text)},
      },
    ],
    ...(summary === undefined ? {} : {summary}),
  });
  return {repoKey: `/fleet/${repo}`, change, findings, verified, deliver: 'patch', delivered: {kind: 'patch'}};
}
