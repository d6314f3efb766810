import {afterAll, describe, expect, it} from 'vitest';
import {ledgerKinds} from '../../test/support/ledger-databases.ts';
import {createLedger} from './sql-ledger.ts';

describe.each(ledgerKinds())('places for what leaves the machine: $name', kind => {
  afterAll(() => kind.close());

  it('are taken once for a name, never more than there are, and free again after the window', async context => {
    context.skip(kind.problem !== undefined, kind.problem);
    await using store = await kind.newStore();
    let now = 1_000_000;
    const clock = {now: () => now};
    const ledgers = await Promise.all([1, 2].map(async () => createLedger(await store.open(), clock)));
    const [one, two] = [ledgers[0]!, ledgers[1]!];
    const shared = {kind: 'pull-request', runId: 'r', jobId: 'j', limit: 5, windowMs: 3_600_000} as const;
    const answers = await Promise.all(
      Array.from({length: 20}, (_, index) => ledgers[index % 2]!.reserveEffect({...shared, name: `pr-${index}`})),
    );
    expect(answers.filter(answer => answer === undefined)).toHaveLength(5);
    expect(new Set(answers.filter(answer => answer !== undefined))).toEqual(new Set([now + 3_600_001]));
    const taken = `pr-${answers.indexOf(undefined)}`;
    // After a crash the same name finds its place, whichever process asks.
    expect(await two.reserveEffect({...shared, name: taken})).toBeUndefined();
    expect(await one.reserveEffect({...shared, name: 'late'})).toBe(now + 3_600_001);
    await one.releaseEffect(taken);
    now += 60_000;
    expect(await two.reserveEffect({...shared, name: 'late'})).toBeUndefined();
    await two.confirmEffect('late');
    // What was confirmed has left: its place is not given back.
    await two.releaseEffect('late');
    expect(await one.reserveEffect({...shared, name: 'later'})).toBe(1_000_000 + 3_600_001);
    now += 3_600_002 - 60_000;
    const next = await Promise.all(
      Array.from({length: 6}, (_, index) => one.reserveEffect({...shared, name: `n-${index}`})),
    );
    expect(next.filter(answer => answer === undefined)).toHaveLength(4);
    await Promise.all(ledgers.map(ledger => ledger.close()));
  });
});
