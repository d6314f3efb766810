import {afterAll, afterEach, beforeEach, describe, expect, it} from 'vitest';
import {queueHolder, type RunRecord} from '../../src/domain/run.ts';
import type {Database} from '../../src/ledger/database.ts';
import {GuardFailed} from '../../src/ledger/database.ts';
import type {JobEnd} from '../../src/ledger/ledger.ts';
import {LeaseLost, type SharedLedger} from '../../src/ledger/shared-ledger.ts';
import {createSharedLedger} from '../../src/ledger/sql-shared-ledger.ts';
import {type LedgerStore, ledgerKinds} from '../support/ledger-databases.ts';
import {makeJob} from '../support/make-job.ts';
import {makeRun} from '../support/make-run.ts';

const end: JobEnd = {
  detail: {
    outcome: {
      status: 'up-to-date',
      since: 'r-0',
      usage: {inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, requests: 0},
      cost: {usd: 0},
    },
    heldBack: [],
    leftOut: {},
    replayed: false,
    attempts: 0,
  },
};
const jobs = [makeJob(1, 'api'), makeJob(2, 'web'), makeJob(3, 'api')];

describe.each(ledgerKinds())('the ledger that workers share: $name', kind => {
  let store: LedgerStore;
  let databases: Database[] = [];
  let here: SharedLedger;
  let there: SharedLedger;
  let now = 1_000_000;
  beforeEach(async context => {
    context.skip(kind.problem !== undefined, kind.problem);
    store = await kind.newStore();
    databases = [await store.open(), await store.open()];
    [here, there] = databases.map(database => createSharedLedger(database, {now: () => now})) as [
      SharedLedger,
      SharedLedger,
    ];
    expect(await here.startSharedRun(runOf('r-1'), jobs, [], [])).toEqual({});
  });
  afterEach(async () => {
    for (const database of databases) await database.close();
    databases = [];
    await store?.[Symbol.asyncDispose]();
  });
  afterAll(() => kind.close());

  it('lets nothing of an earlier holder of a job through', async () => {
    const first = (await here.takeJob('r-1', '1', 'w-1'))!;
    const ledger = here.heldBy(first.lease);
    const call = {
      runId: 'r-1',
      job: first.job,
      repoKey: '/api',
      model: 'm/x',
      worstCaseUsd: 0.5,
      limits: [],
      counted: ['day:x'],
    };
    const reserved = await ledger.reserveCall(call);
    expect(reserved.kind).toBe('reserved');
    const second = (await there.takeJob('r-1', '1', 'w-2'))!;
    expect(second.lease.fence).toBeGreaterThan(first.lease.fence);

    await expect(ledger.finishJob('r-1', first.job, end)).rejects.toThrow(LeaseLost);
    await expect(ledger.intendDelivery('r-1', '1', '/api', [])).rejects.toThrow(LeaseLost);
    await expect(ledger.reserveCall(call)).rejects.toThrow(LeaseLost);
    await expect(ledger.loseCall(reserved.kind === 'reserved' ? reserved.id : '')).rejects.toThrow(LeaseLost);
    await expect(here.assertHeld(first.lease)).rejects.toThrow(LeaseLost);
    await expect(here.giveBack(first.lease)).rejects.toThrow(LeaseLost);
    // What it had in flight may have been billed.
    expect(await here.costOfRun('r-1')).toEqual({spentUsd: 0.5, reservedUsd: 0});
    await there.heldBy(second.lease).finishJob('r-1', second.job, end);
    expect(await here.takeJob('r-1', '1', 'w-1')).toBeUndefined();
  });

  it('ends a run once, when its last job has ended', async () => {
    for (const job of jobs) {
      expect(await here.endSharedRun('r-1', {state: 'finished', exitCode: 0})).toBe(false);
      const {lease} = (await here.takeJob('r-1', job.id, 'w'))!;
      await here.heldBy(lease).finishJob('r-1', job, end);
    }
    const ends = await Promise.all(
      [here, there, here, there].map(ledger => ledger.endSharedRun('r-1', {state: 'finished', exitCode: 0})),
    );
    expect(ends.filter(Boolean)).toHaveLength(1);
    expect(await there.run('r-1')).toMatchObject({state: 'finished', exitCode: 0});
    expect(await here.reopenSharedRun('r-1', ['2'], [])).toBe(true);
    expect(await there.reopenSharedRun('r-1', ['2'], [])).toBe(false);
    expect((await there.jobs('r-1', {state: 'pending'})).map(({job}) => job.id)).toEqual(['2']);
  });

  it('counts how often a job was begun and left, not how often it was given back', async () => {
    for (let round = 0; round < 30; round++) {
      const taken = (await here.takeJob('r-1', '1', 'w'))!;
      expect(taken.takes).toBe(1);
      await here.giveBack(taken.lease);
    }
    // Their workers died.
    for (let takes = 1; takes <= 3; takes++) expect(await there.takeJob('r-1', '1', 'w')).toMatchObject({takes});
  });

  it('ends jobs that nobody is at, and those of workers that are silent, unless the run was resumed meanwhile', async () => {
    const beat = {id: 'w-1', host: 'h', pid: 1, version: '0', labels: [], maxWorkers: 1, jobs: 1, troubles: []};
    await here.beatWorker({...beat, startedAt: now, heartbeatAt: now});
    const alive = (await here.takeJob('r-1', '1', 'w-1'))!;
    const lost = (await here.takeJob('r-1', '2', 'w-2'))!;
    expect(await there.waitingJobs('r-1')).toEqual([{needs: [], jobs: 1}]);
    expect(await there.endWaitingJobs('r-1', {begunAt: 1, reason: 'stopped'})).toBe(0);
    expect(await there.endWaitingJobs('r-1', {begunAt: 0, reason: 'stopped'})).toBe(2);
    expect((await there.jobs('r-1')).map(({state, detail}) => [state, detail?.outcome.status])).toEqual([
      ['running', undefined],
      ['ended', 'not-started'],
      ['ended', 'not-started'],
    ]);
    await expect(here.heldBy(lost.lease).finishJob('r-1', lost.job, end)).rejects.toThrow(LeaseLost);
    await here.heldBy(alive.lease).finishJob('r-1', alive.job, end);
    expect(await here.endSharedRun('r-1', {state: 'stopped', exitCode: 1})).toBe(true);

    now += 1_000;
    expect(await here.reopenSharedRun('r-1', ['2'], [], {deadlineAt: 77})).toBe(true);
    expect(await there.run('r-1')).toMatchObject({resumedAt: now, deadlineAt: 77});
    expect(await there.endWaitingJobs('r-1', {begunAt: 0, reason: 'stopped'})).toBe(0);
    expect(await there.takeJob('r-1', '2', 'w-1')).toMatchObject({takes: 1, runBegunAt: now});
  });

  it('is not resumed beside another run of its claim', async () => {
    for (const job of jobs) {
      const {lease} = (await here.takeJob('r-1', job.id, 'w'))!;
      await here.heldBy(lease).finishJob('r-1', job, end);
    }
    await here.endSharedRun('r-1', {state: 'finished', exitCode: 0});
    expect(await there.startSharedRun(runOf('r-2'), jobs, [], [])).toEqual({});
    expect(await here.reopenSharedRun('r-1', ['1'], [])).toBe(false);
    expect(await here.run('r-1')).toMatchObject({state: 'finished'});
    expect((await here.jobs('r-1', {state: 'ended'})).length).toBe(3);
  });

  it('keeps a repo for one job at a time, and takes it from one whose worker is silent', async () => {
    const beat = (id: string): Promise<void> =>
      here.beatWorker({
        id,
        host: 'h',
        pid: 1,
        version: '0',
        labels: [],
        maxWorkers: 1,
        jobs: 1,
        troubles: [],
        startedAt: now,
        heartbeatAt: now,
      });
    await beat('w-1');
    const first = (await here.takeJob('r-1', '1', 'w-1'))!;
    const other = (await there.takeJob('r-1', '3', 'w-2'))!;
    const mine = here.heldBy(first.lease);
    const theirs = there.heldBy(other.lease);
    expect(await mine.startJob('r-1', first.job, '/api')).toEqual({});
    expect(await theirs.startJob('r-1', other.job, '/api')).toEqual({busyWith: 'r-1'});
    now += 60_000;
    expect(await theirs.startJob('r-1', other.job, '/api')).toEqual({});
    // It wakes up, and has to do its job anew.
    await expect(mine.finishJob('r-1', first.job, end)).rejects.toThrow(LeaseLost);
    expect((await here.jobs('r-1', {state: 'pending'})).map(({job}) => job.id)).toEqual(['1', '2']);
  });

  it('is held by nobody who could die, and keeps what it was given only with the run', async () => {
    expect((await there.startSharedRun(runOf('r-2'), jobs, [], [])).heldBy?.id).toBe('r-1');
    const skill = {digest: 'd', name: 's', source: 'operator' as const, files: {'SKILL.md': 'eA=='}};
    expect((await there.startSharedRun(runOf('r-1', {claim: 'other'}), jobs, [skill], [])).nameTaken).toBe(true);
    expect(await here.skill('d')).toBeUndefined();
    expect(await there.startSharedRun(runOf('r-3', {claim: 'other'}), jobs, [skill], [])).toEqual({});
    expect(await here.skill('d')).toEqual(skill);
  });

  it('admits no more calls than the provider allows, whoever asks', async () => {
    const limits = {maxInFlight: 3, requestsPerMinute: 5, tokensPerMinute: 1_000};
    const ask = async (id: string, tokens = 10): Promise<boolean> =>
      (await (Number(id) % 2 === 0 ? here : there).admitCall({id, provider: 'p', tokens, limits, longestMs: 30_000}))
        .admitted;
    const ids = Array.from({length: 12}, (_, index) => String(index));
    const admitted = (await Promise.all(ids.map(async id => [id, await ask(id)] as const)))
      .filter(([, is]) => is)
      .map(([id]) => id);
    expect(admitted).toHaveLength(3);
    for (const id of admitted) await here.endAdmittedCall(id);
    expect([await ask('20'), await ask('21'), await ask('22')]).toEqual([true, true, false]);
    now += 61_000;
    // Those that nobody ended count until a minute after they must have ended.
    expect(await ask('29')).toBe(true);
    now += 30_000;
    expect([await ask('30', 900), await ask('31', 200), await ask('32', 90)]).toEqual([true, false, true]);
    await there.pauseProvider('p', now + 70_000);
    now += 63_000;
    expect(await here.admitCall({id: '40', provider: 'p', tokens: 1, limits, longestMs: 1})).toEqual({
      admitted: false,
      waitMs: 7_000,
    });
  });

  it('undoes a whole write when what it relies on does not hold', async () => {
    const [database] = databases;
    const written = {sql: `INSERT INTO claims (name, run_id) VALUES ('x', 'y')`, params: []};
    const guard = {sql: `SELECT id FROM runs WHERE id = 'nobody'`, params: [], guard: true as const};
    const others = [database!.write([{sql: `INSERT INTO claims (name, run_id) VALUES ('z', 'y')`, params: []}])];
    await expect(database!.write([written, guard])).rejects.toThrow(GuardFailed);
    await Promise.all(others);
    expect((await database!.read(`SELECT name FROM claims WHERE run_id = 'y'`)).map(row => row['name'])).toEqual(['z']);
  });
});

function runOf(id: string, more: Partial<RunRecord> = {}): RunRecord {
  return makeRun(id, {holder: queueHolder, ...more});
}
