import {afterAll, afterEach, beforeEach, describe, expect, it} from 'vitest';
import {noCost, noUsage} from '../../src/domain/usage.ts';
import type {DeliveryRecord, Ledger, Memory} from '../../src/ledger/ledger.ts';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {type LedgerStore, ledgerKinds} from '../support/ledger-databases.ts';
import {makeJob} from '../support/make-job.ts';
import {makeRun} from '../support/make-run.ts';

let store: LedgerStore;
let ledger: Ledger;
let now = 1000;
const job = makeJob(0, 'api');

describe.each(ledgerKinds())('what is remembered of repos in $name', kind => {
  afterAll(() => kind.close());

  beforeEach(async ({skip}) => {
    skip(kind.problem !== undefined, kind.problem);
    store = await kind.newStore();
    ledger = createLedger(await store.open(), {now: () => now++});
    await ledger.startRun(makeRun('r-1', {heartbeatAt: now, startedAt: now}), [job]);
  });

  afterEach(async () => {
    await ledger?.close();
    await store?.[Symbol.asyncDispose]();
  });

  it('gives the memory of one output of one skill in one repo', async () => {
    for (const repoKey of ['/api', '/web'])
      for (const output of ['README.md', 'docs/"A" ?.md'])
        await ledger.finishJob('r-1', job, {
          detail: {
            outcome: {status: 'up-to-date', since: 'r-0', usage: noUsage, cost: noCost},
            heldBack: [],
            leftOut: {},
            replayed: false,
            attempts: 0,
          },
          memory: {repoKey, output, memory: memoryOf(`${repoKey} ${output}`)},
        });
    expect(await ledger.memory('/web', job.skill, 'docs/"A" ?.md')).toMatchObject(memoryOf('/web docs/"A" ?.md'));
    expect(await ledger.memory('/web', 'other', 'README.md')).toBeUndefined();
    expect(await ledger.memory('/web', job.skill, 'readme.md')).toBeUndefined();
    expect((await ledger.memories('/api')).map(({output}) => output)).toEqual(['README.md', 'docs/"A" ?.md']);
  });

  it('gives the deliveries into a repo, or to some of its paths, oldest first', async () => {
    await ledger.intendDelivery('r-1', job.id, '/api', [fileOf('a.md', '1'), fileOf('b.md', '2')]);
    await ledger.intendDelivery('r-2', job.id, '/api', [fileOf('a.md', '3'), fileOf('c.md', '4')]);
    await ledger.intendDelivery('r-2', job.id, '/web', [fileOf('a.md', '5')]);
    const blobs = async (paths?: readonly string[]): Promise<string[]> =>
      (await ledger.deliveries('/api', paths)).map(({path, blob}) => `${path} ${blob}`);
    expect((await blobs()).sort()).toEqual(['a.md 1', 'a.md 3', 'b.md 2', 'c.md 4']);
    expect(await blobs(['a.md'])).toEqual(['a.md 1', 'a.md 3']);
    expect((await blobs(['b.md', 'c.md', 'd.md'])).sort()).toEqual(['b.md 2', 'c.md 4']);
    expect(await blobs(['A.md'])).toEqual([]);
    expect(await blobs([])).toEqual([]);
  });
});

function memoryOf(commit: string): Memory {
  const none = {tree: '', history: '', shown: '', skill: '', prompt: '', model: '', parameters: ''};
  return {inputs: {commit, ...none}, files: {'a.md': commit}, runId: 'r-1', at: 7};
}

function fileOf(path: string, blob: string): DeliveryRecord {
  return {path, blob, added: 1, removed: 0, state: 'intended'};
}
