import path from 'node:path';
import {expect, it} from 'vitest';
import {morningJobs} from '../../test/support/seed-morning.ts';
import {seedRun} from '../../test/support/seed-run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {createLedger} from '../ledger/sql-ledger.ts';
import {openSqlite} from '../ledger/sqlite.ts';
import {FakeClock} from '../testing/fake-clock.ts';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {systemClock} from '../util/clock.ts';
import type {LiveEvent} from './api.ts';
import {LiveFeed} from './live-feed.ts';
import {RunBook} from './run-book.ts';

it('shows what another process decided, and what it made of it', async () => {
  await using rig = await openRig();
  const {book, run, other} = rig;
  const before = (await book.open(run))!;
  expect(before.overview).toMatchObject({toReview: 9, toDeliver: 0, toRetry: 2, held: 1});
  expect(before.overview.standings).toEqual({'to-review': 9, failed: 2, unchanged: 1, 'up-to-date': 1});
  const [first, second] = [...before.rows.values()].filter(row => row.decision === 'pending');
  await other.decide(run, [first!.id], {kind: 'accepted', at: 1});
  await other.decide(run, [second!.id], {kind: 'rejected', at: 1, why: 'style'});
  const after = (await book.open(run))!;
  expect(after.overview).toMatchObject({toReview: 7, toDeliver: 1});
  expect(after.overview.standings).toMatchObject({'to-review': 7, accepted: 1, rejected: 1, failed: 2});
  expect(Object.values(after.overview.standings).reduce((sum, jobs) => sum + jobs, 0)).toBe(after.rows.size);
  expect(after.rows.get(first!.id)!.decision).toBe('accepted');
  expect(after.rows.get(second!.id)!.decision).toBe('rejected');
});

it('follows jobs that are opened again and end in another way', async () => {
  await using rig = await openRig();
  const {book, run, other} = rig;
  const failed = [...(await book.open(run))!.rows.values()].find(({reason}) => reason === 'provider-overloaded')!;
  await other.reopenJobs(run, [failed.id]);
  expect((await book.open(run))!.rows.get(failed.id)!.state).toBe('pending');
  const record = (await other.jobs(run)).find(({job}) => job.id === failed.id)!;
  await other.startJob(run, record.job, '/x');
  expect((await book.open(run))!.rows.get(failed.id)!.state).toBe('running');
  const sample = (await other.jobs(run, {status: 'unchanged'}))[0]!.detail!;
  await other.finishJob(run, record.job, {detail: sample});
  const open = (await book.open(run))!;
  expect(open.rows.get(failed.id)!.state).toBe('unchanged');
  expect(open.overview.counts).toMatchObject({running: 0, pending: 0, failed: 1, held: 1});
  expect(await book.open('r-none')).toBeUndefined();
});

it('tells who listens only what changed, and who comes back what was missed', async () => {
  await using rig = await openRig();
  const {book, run, other} = rig;
  const feed = new LiveFeed({ledger: rig.ledger, book, clock: new FakeClock(), signal: AbortSignal.abort()});
  feed.watch((await book.open(run))!);
  const told: LiveEvent[] = [];
  const stop = feed.listen(({event}) => told.push(event));
  await feed.lookOnce();
  expect(told).toEqual([]);
  const [job] = (await other.changes({runId: run})).map(({jobId}) => jobId);
  await other.decide(run, [job!], {kind: 'accepted', at: 1});
  await feed.lookOnce();
  expect(told.map(({type}) => type).sort()).toEqual(['jobs', 'run']);
  expect(told.find(event => event.type === 'jobs')).toMatchObject({run, rows: [{id: job, decision: 'accepted'}]});
  stop();
  await other.decide(run, [job!], {kind: 'pending'});
  await feed.lookOnce();
  expect(told).toHaveLength(2);
  expect(
    feed
      .since(2)
      .map(({event}) => event.type)
      .sort(),
  ).toEqual(['jobs', 'run']);
  expect(feed.since(feed.lastId)).toEqual([]);
  expect(feed.since(1_000).map(({event}) => event.type)).toEqual(['reset']);
});

async function openRig(): Promise<{book: RunBook; ledger: Ledger; other: Ledger; run: string} & AsyncDisposable> {
  const home = await makeTemporaryDirectory();
  const {id} = await seedRun(home.path, {jobs: morningJobs, exitCode: 1});
  const open = (): Ledger => createLedger(openSqlite(path.join(home.path, 'state.db')), systemClock);
  const [ledger, other] = [open(), open()];
  return {
    book: new RunBook(ledger),
    ledger,
    other,
    run: id,
    async [Symbol.asyncDispose]() {
      await ledger.close();
      await other.close();
      await home[Symbol.asyncDispose]();
    },
  };
}
