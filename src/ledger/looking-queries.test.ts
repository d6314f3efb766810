import path from 'node:path';
import {expect, it} from 'vitest';
import {type SeededJob, seedRun} from '../../test/support/seed-run.ts';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {systemClock} from '../util/clock.ts';
import type {Ledger} from './ledger.ts';
import {createLedger} from './sql-ledger.ts';
import {openSqlite} from './sqlite.ts';

const monday = Date.UTC(2025, 11, 1, 2);
const paid = (repo: string, usd: number, more: Partial<SeededJob> = {}): SeededJob => ({
  repo,
  end: 'changed',
  reply: repo,
  costUsd: usd,
  ...more,
});

it('counts the calls of a run by the minute, with what they cost', async () => {
  await using rig = await openRig();
  const run = await seedRun(rig.path, {jobs: [paid('api', 0.5), paid('web', 0.25)], startedAt: monday});
  const first = Math.floor(monday / 60_000) * 60_000 + 60_000;
  expect(await rig.ledger.callMinutes(run.id)).toEqual([
    {at: first, calls: 1, usd: 0.5},
    {at: first + 60_000, calls: 1, usd: 0.25},
  ]);
  expect(await rig.ledger.callMinutes('r-none')).toEqual([]);
});

it('sums costs by repo, skill, model and week, the dearest first', async () => {
  await using rig = await openRig();
  await seedRun(rig.path, {jobs: [paid('api', 0.5), paid('web', 0.25, {skill: 'journal'})], startedAt: monday});
  await seedRun(rig.path, {jobs: [paid('web', 1)], startedAt: monday + 6 * 86_400_000, id: 'r-later'});
  const costs = (by: Parameters<Ledger['costs']>[0], since = 0) => rig.ledger.costs(by, since);
  expect(await costs('repo')).toEqual([
    {name: 'web', calls: 2, usd: 1.25},
    {name: 'api', calls: 1, usd: 0.5},
  ]);
  expect((await costs('skill')).map(({name, usd}) => [name, usd])).toEqual([
    ['readme-generator', 1.5],
    ['journal', 0.25],
  ]);
  expect((await costs('model')).map(({name}) => name)).toEqual(['anthropic/claude-sonnet-5-5']);
  expect(await costs('week')).toEqual([{name: '2025-12-01', calls: 3, usd: 1.75}]);
  expect(await costs('repo', monday + 86_400_000)).toEqual([{name: 'web', calls: 1, usd: 1}]);
});

it('tells by skill and week what jobs and changes came to, and why jobs failed', async () => {
  await using rig = await openRig();
  const change = {patch: 'diff --git a/x b/x\n', deliver: 'files'} as const;
  await seedRun(rig.path, {
    startedAt: monday,
    jobs: [
      paid('api', 0.5, {change}),
      paid('web', 0.5, {change: {...change, deliver: 'patch'}}),
      {repo: 'ops', end: {failed: 'reply-empty', message: 'nothing'}},
      {repo: 'docs', skill: 'journal', end: 'up-to-date'},
    ],
  });
  await seedRun(rig.path, {startedAt: monday + 7 * 86_400_000, id: 'r-later', jobs: [paid('api', 0.5, {change})]});
  const {jobs, changes, failures} = await rig.ledger.trends(monday);
  const skill = 'readme-generator';
  const [first, second] = ['2025-12-01', '2025-12-08'];
  const byText = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  expect([...jobs].sort(byText)).toEqual(
    [
      {skill, week: first, status: 'changed', count: 2},
      {skill, week: first, status: 'failed', count: 1},
      {skill: 'journal', week: first, status: 'up-to-date', count: 1},
      {skill, week: second, status: 'changed', count: 1},
    ].sort(byText),
  );
  expect([...changes].sort(byText)).toEqual(
    [
      {skill, week: first, state: 'delivered', count: 1},
      {skill, week: first, state: 'to-review', count: 1},
      {skill, week: second, state: 'delivered', count: 1},
    ].sort(byText),
  );
  expect(failures).toEqual([{skill, week: first, reason: 'reply-empty'}]);
  expect((await rig.ledger.trends(monday + 86_400_000)).jobs.map(({week}) => week)).toEqual([second]);
});

it('knows the last job of each repo, and of several the one that failed', async () => {
  await using rig = await openRig();
  await seedRun(rig.path, {jobs: [paid('api', 0), paid('web', 0)], startedAt: monday});
  const failed = {failed: 'reply-empty', message: 'nothing'} as const;
  await seedRun(rig.path, {
    jobs: [paid('web', 0), {repo: 'web', skill: 'journal', end: failed}],
    startedAt: monday + 86_400_000,
    id: 'r-later',
  });
  const last = await rig.ledger.lastJobs();
  expect(last.map(({runId, job, detail}) => [runId === 'r-later', job.repo, detail?.outcome.status])).toEqual([
    [false, 'api', 'changed'],
    [true, 'web', 'failed'],
  ]);
});

async function openRig(): Promise<{path: string; ledger: Ledger} & AsyncDisposable> {
  const folder = await makeTemporaryDirectory();
  const ledger = createLedger(openSqlite(path.join(folder.path, 'state.db')), systemClock);
  return {
    path: folder.path,
    ledger,
    async [Symbol.asyncDispose]() {
      await ledger.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
