import {afterAll, describe, expect, it} from 'vitest';
import {ledgerKinds} from '../../test/support/ledger-databases.ts';
import {makeRun} from '../../test/support/make-run.ts';
import {runTime} from '../domain/run.ts';
import {ownProcess} from '../util/process-identity.ts';
import {createSharedLedger} from './sql-shared-ledger.ts';

const dead = {...ownProcess(), start: 'another boot'};

describe.each(ledgerKinds())('how long a run has gone on: $name', kind => {
  afterAll(() => kind.close());

  it('is without the time in which nobody was at it', async context => {
    context.skip(kind.problem !== undefined, kind.problem);
    await using store = await kind.newStore();
    let now = 0;
    const ledger = createSharedLedger(await store.open(), {now: () => now});
    const timeOf = async (id: string, at?: number): Promise<number> => {
      const run = (await ledger.run(id))!;
      return runTime(run, at ?? run.endedAt ?? run.heartbeatAt);
    };
    try {
      await ledger.startRun(makeRun('r-1', {holder: dead, claim: 'c-1'}), []);
      now = 10_000;
      await ledger.endRun('r-1', {holder: dead, state: 'finished', exitCode: 1});
      expect(await timeOf('r-1')).toBe(10_000);
      expect((await ledger.run('r-1'))?.idleMs).toBeUndefined();
      now = 3_610_000;
      await ledger.takeOverRun('r-1', ownProcess());
      expect(await timeOf('r-1', now)).toBe(10_000);
      now += 1_000;
      await ledger.endRun('r-1', {holder: ownProcess(), state: 'finished', exitCode: 0});
      expect(await timeOf('r-1')).toBe(11_000);
      now += 50_000;
      await ledger.reopenSharedRun('r-1', [], []);
      expect(await timeOf('r-1', now + 500)).toBe(11_500);

      await ledger.startRun(makeRun('r-2', {holder: dead, claim: 'c-2', startedAt: now, heartbeatAt: now + 7_000}), []);
      now += 900_000;
      await ledger.closeDeadRun('r-2');
      expect(await timeOf('r-2')).toBe(7_000);
    } finally {
      await ledger.close();
    }
  });
});
