import {afterAll, afterEach, beforeEach, describe, expect, it} from 'vitest';
import {type Change, changeStateOf, type Decision} from '../../src/domain/change.ts';
import type {Delivered} from '../../src/domain/outcome.ts';
import type {JobDetail} from '../../src/domain/run.ts';
import {noCost, noUsage} from '../../src/domain/usage.ts';
import type {Database} from '../../src/ledger/database.ts';
import type {Ledger} from '../../src/ledger/ledger.ts';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {ownProcess} from '../../src/util/process-identity.ts';
import {type LedgerStore, ledgerKinds} from '../support/ledger-databases.ts';
import {makeJob} from '../support/make-job.ts';
import {makeRun} from '../support/make-run.ts';

let store: LedgerStore;
let database: Database;
let ledger: Ledger;
let now = 1000;
const job = makeJob(0, 'api');

describe.each(ledgerKinds())('changes in $name', kind => {
  afterAll(() => kind.close());

  beforeEach(async ({skip}) => {
    skip(kind.problem !== undefined, kind.problem);
    store = await kind.newStore();
    database = await store.open();
    ledger = createLedger(database, {now: () => now++});
    await startRun('r-1');
  });

  afterEach(async () => {
    await ledger?.close();
    await store?.[Symbol.asyncDispose]();
  });

  it('gives back a change as it was recorded, bytes and all', async () => {
    await end('r-1', changeOf('p1'), {kind: 'patch'});
    expect(await ledger.change('r-1', job.id)).toEqual({
      runId: 'r-1',
      jobId: job.id,
      repoKey: '/api',
      repo: 'api',
      skill: 'journal',
      change: changeOf('p1'),
      findings: [{rule: 'binary', path: 'a.bin', detail: 'holds bytes'}],
      verified: [],
      deliver: 'patch',
      delivered: {kind: 'patch'},
      decision: {kind: 'pending'},
      recordedAt: expect.any(Number),
    });
    expect(await ledger.change('r-1', 'other')).toBeUndefined();
    const [light] = await ledger.changes();
    expect(light?.change).toEqual({commit: 'c0', patchId: 'p1', files: changeOf('p1').files, summary: 'why'});
  });

  it.each([
    ['patch', `UPDATE changes SET patch = 'other'`],
    ['edits', `UPDATE changes SET edits = '[]'`],
    ['detail', `UPDATE changes SET detail = '{}'`],
  ])('quarantines a change whose %s was damaged', async (_column, sql) => {
    await end('r-1', changeOf('p1'));
    await database.write([{sql, params: []}]);
    expect(await ledger.change('r-1', job.id)).toBeUndefined();
    expect(await ledger.quarantined()).toBe(1);
    expect(await ledger.changes()).toEqual([]);
  });

  it('lists and counts by state, which the database and the domain tell alike', async () => {
    const decisions: (Decision | undefined)[] = [undefined, accepted(), rejected(), undefined, accepted()];
    for (const [index, decision] of decisions.entries()) {
      const delivered: Delivered | undefined = index > 2 ? {kind: 'branch', branch: 'b'} : {kind: 'patch'};
      const one = makeJob(index, `repo-${index}`);
      await ledger.finishJob('r-1', one, endOf(changeOf(`p${index}`), delivered, `/repo-${index}`));
      if (decision !== undefined) await ledger.decide('r-1', [one.id], decision);
    }
    expect(Object.fromEntries(await ledger.countChanges('r-1'))).toEqual({
      'to-review': 1,
      'to-deliver': 1,
      rejected: 1,
      delivered: 2,
      reviewed: 1,
    });
    for (const state of ['to-review', 'to-deliver', 'rejected', 'delivered', 'superseded'] as const) {
      const listed = await ledger.changes({state});
      expect(listed.map(changeStateOf)).toEqual(listed.map(() => state));
      expect(listed.length).toBe((await ledger.countChanges()).get(state) ?? 0);
    }
    expect((await ledger.changes({runId: 'r-1', limit: 2, offset: 1})).map(({repo}) => repo)).toEqual([
      'repo-1',
      'repo-2',
    ]);
    expect(await ledger.changes({runId: 'r-2'})).toEqual([]);
  });

  it('remembers a rejected change by its patch until the decision is taken back, also when its run is gone', async () => {
    await end('r-1', changeOf('p1'));
    expect(await ledger.rejection('/api', 'p1')).toBeUndefined();
    expect(await ledger.decide('r-1', [job.id, 'nothing'], rejected())).toEqual([job.id]);
    expect(await ledger.rejection('/api', 'p1')).toEqual(rejected());
    expect(await ledger.rejection('/other', 'p1')).toBeUndefined();
    expect((await ledger.change('r-1', job.id))?.decision).toEqual(rejected());
    await ledger.decide('r-1', [job.id], {kind: 'pending'});
    expect(await ledger.rejection('/api', 'p1')).toBeUndefined();
    await ledger.decide('r-1', [job.id], rejected());
    await ledger.endRun('r-1', {holder: ownProcess(), state: 'finished', exitCode: 0});
    expect(await ledger.collect(now + 1000)).toMatchObject({runs: 1});
    expect(await ledger.change('r-1', job.id)).toBeUndefined();
    expect(await ledger.rejection('/api', 'p1')).toEqual(rejected());
  });

  it('knows what was accepted in a repo, delivered or not', async () => {
    await end('r-1', changeOf('p1'));
    expect(await ledger.isAccepted('/api', 'p1')).toBe(false);
    await ledger.decide('r-1', [job.id], accepted());
    await ledger.confirmDelivered('r-1', job.id, {kind: 'files'});
    expect(await ledger.isAccepted('/api', 'p1')).toBe(true);
    expect(await ledger.isAccepted('/web', 'p1')).toBe(false);
    expect(await ledger.isAccepted('/api', 'p2')).toBe(false);
  });

  it('lets a later change of the same job stand for the earlier one that nobody decided on', async () => {
    await end('r-1', changeOf('p1'));
    await startRun('r-2');
    await end('r-2', changeOf('p2'));
    expect((await ledger.changes({state: 'to-review'})).map(({runId}) => runId)).toEqual(['r-2']);
    expect((await ledger.change('r-1', job.id))?.supersededBy).toBe('r-2');
  });

  it('asks no more about a change when a later run of its job finds nothing to change', async () => {
    await end('r-1', changeOf('p1'));
    await startRun('r-2');
    await end('r-2', undefined);
    expect(await ledger.changes({state: 'to-review'})).toEqual([]);
  });

  it('keeps the acceptance of a change that is made once more, and one delivery of it', async () => {
    await end('r-1', changeOf('p1'));
    await ledger.decide('r-1', [job.id], accepted());
    await startRun('r-2');
    await end('r-2', changeOf('p1'));
    expect((await ledger.changes({state: 'to-deliver'})).map(({runId}) => runId)).toEqual(['r-2']);
  });

  it('keeps an accepted change beside a later, different one until that is accepted too', async () => {
    await end('r-1', changeOf('p1'));
    await ledger.decide('r-1', [job.id], accepted());
    await startRun('r-2');
    await end('r-2', changeOf('p2'));
    expect((await ledger.changes({state: 'to-deliver'})).map(({runId}) => runId)).toEqual(['r-1']);
    await ledger.decide('r-2', [job.id], accepted());
    expect((await ledger.changes({state: 'to-deliver'})).map(({runId}) => runId)).toEqual(['r-2']);
  });

  it('forgets what an earlier attempt of the job recorded, unless that has left', async () => {
    await end('r-1', changeOf('p1'));
    await end('r-1', undefined);
    expect(await ledger.change('r-1', job.id)).toBeUndefined();
    await end('r-1', changeOf('p1'));
    await ledger.confirmDelivered('r-1', job.id, {kind: 'branch', branch: 'b', commit: 'c1'});
    await end('r-1', undefined);
    expect((await ledger.change('r-1', job.id))?.delivered).toEqual({kind: 'branch', branch: 'b', commit: 'c1'});
  });
});

function accepted(): Decision {
  return {kind: 'accepted', at: 5};
}

function rejected(): Decision {
  return {kind: 'rejected', at: 6, why: 'style', text: 'not like this'};
}

function changeOf(patchId: string): Change {
  return {
    commit: 'c0',
    patchId,
    patch: `diff --git a/a b/a\n+\u202e${patchId}\n`,
    files: [{path: 'a', added: 1, removed: 0}],
    summary: 'why',
    edits: [
      {path: 'a', before: {kind: 'file', id: '1'}, after: {kind: 'executable', bytes: Buffer.from([0, 255, 10])}},
      {path: 'b', before: {kind: 'symlink', id: '2'}},
    ],
  };
}

function endOf(
  change: Change | undefined,
  delivered: Delivered | undefined,
  repoKey: string,
): Parameters<Ledger['finishJob']>[2] {
  const detail: JobDetail = {
    outcome: {status: 'unchanged', files: [], usage: noUsage, cost: noCost},
    heldBack: [],
    leftOut: {},
    replayed: false,
    attempts: 0,
  };
  if (change === undefined) return {detail};
  const findings = [{rule: 'binary' as const, path: 'a.bin', detail: 'holds bytes'}];
  return {
    detail,
    change: {
      repoKey,
      change,
      findings,
      verified: [],
      deliver: 'patch',
      ...(delivered === undefined ? {} : {delivered}),
    },
  };
}

async function end(runId: string, change: Change | undefined, delivered?: Delivered): Promise<void> {
  await ledger.finishJob(runId, job, endOf(change, delivered, '/api'));
}

async function startRun(id: string): Promise<void> {
  await ledger.startRun(makeRun(id, {claim: id, heartbeatAt: now, startedAt: now}), [job]);
}
