import {afterAll, afterEach, beforeEach, describe, expect, it} from 'vitest';
import {type LedgerStore, ledgerKinds} from '../../test/support/ledger-databases.ts';
import {makeRun} from '../../test/support/make-run.ts';
import type {Job} from '../domain/job.ts';
import {ownProcess} from '../util/process-identity.ts';
import type {Ledger} from './ledger.ts';
import {createLedger} from './sql-ledger.ts';

const live = ownProcess();
const dead = {...live, pid: 999_999_999, start: 'gone'};
const elsewhere = {...live, host: 'elsewhere'};

describe.each(ledgerKinds())('who holds a run: $name', kind => {
  let store: LedgerStore;
  let ledger: Ledger;
  let now = 1_000_000;
  beforeEach(async context => {
    context.skip(kind.problem !== undefined, kind.problem);
    store = await kind.newStore();
    ledger = createLedger(await store.open(), {now: () => now});
  });
  afterEach(async () => {
    await ledger?.close();
    await store?.[Symbol.asyncDispose]();
  });
  afterAll(() => kind.close());

  it('two runs never share an id or a results file', async () => {
    expect(await ledger.startRun(makeRun('r-1', {claim: 'a'}), [jobOf('x')])).toEqual({});
    expect(await ledger.startRun(makeRun('r-1', {claim: 'b', resultsFile: '/other.json'}), [])).toEqual({
      nameTaken: true,
    });
    expect(await ledger.startRun(makeRun('r-2', {claim: 'b', resultsFile: '/r-1.json'}), [])).toEqual({
      nameTaken: true,
    });
    expect(await ledger.startRun(makeRun('r-2', {claim: 'b'}), [])).toEqual({});
    expect((await ledger.runs()).map(run => run.id).sort()).toEqual(['r-1', 'r-2']);
    expect(await ledger.jobs('r-1')).toHaveLength(1);
  });

  it('a live holder keeps its run, a dead one loses it with its calls in flight', async () => {
    await ledger.startRun(makeRun('r-1', {holder: live}), [jobOf('x')]);
    expect(await ledger.takeOverRun('r-1', elsewhere)).toBeUndefined();
    expect(await ledger.closeDeadRun('r-1')).toBeUndefined();

    await ledger.startRun(makeRun('r-2', {claim: 'b', holder: dead}), [jobOf('y')]);
    await reserve(ledger, 'r-2', 'y');
    expect(await ledger.takeOverRun('r-2', live)).toEqual({calls: 1, usd: 0.25});
    expect(await ledger.takeOverRun('r-2', live)).toBeUndefined();
    expect((await ledger.run('r-2'))?.holder).toEqual(live);
  });

  it('a holder on another host is heard of for a minute', async () => {
    await ledger.startRun(makeRun('r-1', {holder: elsewhere, heartbeatAt: now}), []);
    now += 59_000;
    expect((await ledger.startRun(makeRun('r-2'), [])).heldBy?.id).toBe('r-1');
    expect(await ledger.beat('r-1', elsewhere)).toMatchObject({heartbeatAt: now});
    now += 59_000;
    expect((await ledger.startRun(makeRun('r-2'), [])).heldBy?.id).toBe('r-1');
    now += 2_000;
    expect(await ledger.startRun(makeRun('r-2'), [])).toEqual({});
  });

  it('whoever has lost a run cannot beat for it nor end it', async () => {
    await ledger.startRun(makeRun('r-1', {holder: elsewhere, heartbeatAt: 0}), []);
    await ledger.takeOverRun('r-1', live);
    const before = await ledger.run('r-1');
    now += 5_000;
    expect(await ledger.beat('r-1', elsewhere)).toEqual(before);
    await ledger.endRun('r-1', {holder: elsewhere, state: 'finished', exitCode: 0});
    expect(await ledger.run('r-1')).toEqual(before);
    await ledger.endRun('r-1', {holder: live, state: 'finished', exitCode: 0});
    expect(await ledger.run('r-1')).toMatchObject({state: 'finished'});
  });

  it('only calls of live runs are waited for', async () => {
    await ledger.startRun(makeRun('r-1', {claim: 'a', holder: dead}), [jobOf('x')]);
    await ledger.startRun(makeRun('r-2', {claim: 'b', holder: live}), [jobOf('y')]);
    await reserve(ledger, 'r-1', 'x');
    expect(await ledger.callsInFlight('r-3')).toBe(0);
    await reserve(ledger, 'r-2', 'y');
    expect(await ledger.callsInFlight('r-3')).toBe(1);
    expect(await ledger.callsInFlight('r-2')).toBe(0);
  });
});

function jobOf(repo: string): Job {
  return {id: repo, sequence: 0, task: 't', skill: 's', repo} as Job;
}

async function reserve(ledger: Ledger, runId: string, repo: string): Promise<void> {
  const call = {runId, job: jobOf(repo), repoKey: repo, model: 'test/model', worstCaseUsd: 0.25};
  expect((await ledger.reserveCall({...call, limits: [], counted: ['day:x']})).kind).toBe('reserved');
}
