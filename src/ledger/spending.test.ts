import fc from 'fast-check';
import {afterAll, describe, expect, it} from 'vitest';
import {ledgerKinds} from '../../test/support/ledger-databases.ts';
import type {Job} from '../domain/job.ts';
import {noUsage} from '../domain/usage.ts';
import {systemClock} from '../util/clock.ts';
import type {Ledger} from './ledger.ts';
import {createLedger} from './sql-ledger.ts';

interface OpenCall {
  readonly id: string;
  readonly worst: number;
  readonly process: number;
}

/** Cents, so that the sums of the oracle are exact. */
const cents = fc.integer({min: 0, max: 40});
const step = fc.oneof(
  {weight: 4, arbitrary: fc.record({do: fc.constant('reserve' as const), process: fc.nat(1), worst: cents})},
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      which: fc.nat(20),
      share: fc.integer({min: 0, max: 100}),
    }),
  },
  fc.record({do: fc.constant('release' as const), which: fc.nat(20)}),
  fc.record({do: fc.constant('lose' as const), which: fc.nat(20)}),
  fc.record({do: fc.constant('settle-twice' as const), which: fc.nat(20)}),
  fc.record({do: fc.constant('crash' as const), process: fc.nat(1)}),
);

describe.each(ledgerKinds())('a budget that two processes share: $name', kind => {
  afterAll(() => kind.close());

  it('admits a call exactly when it fits beside all that was spent, lost or is in flight', async context => {
    context.skip(kind.problem !== undefined, kind.problem);
    await fc.assert(
      fc.asyncProperty(fc.array(step, {maxLength: 40}), cents, async (steps, limit) => {
        await using store = await kind.newStore();
        const open = async (): Promise<Ledger> => createLedger(await store.open(), systemClock);
        const processes = [await open(), await open()];
        // The oracle: nothing but a sum.
        let used = 0;
        let calls: OpenCall[] = [];
        const take = (which: number): OpenCall | undefined => {
          const call = calls[which % Math.max(1, calls.length)];
          calls = calls.filter(other => other !== call);
          return call;
        };
        try {
          for (const [index, now] of steps.entries()) {
            if (now.do === 'reserve') {
              const result = await reserve(processes[now.process]!, `r${now.process}`, index, now.worst, limit);
              expect(result.kind).toBe(used + now.worst <= limit ? 'reserved' : 'budget');
              if (result.kind !== 'reserved') continue;
              used += now.worst;
              calls.push({id: result.id, worst: now.worst, process: now.process});
              continue;
            }
            if (now.do === 'crash') {
              // What it had in flight stays counted: nobody knows whether it was billed.
              await processes[now.process]!.close();
              processes[now.process] = await open();
              calls = calls.filter(call => call.process !== now.process);
              continue;
            }
            const call = take(now.which);
            if (call === undefined) continue;
            const ledger = processes[call.process]!;
            if (now.do === 'release') {
              await ledger.releaseCall(call.id);
              used -= call.worst;
            } else if (now.do === 'lose') {
              await ledger.loseCall(call.id);
            } else {
              const spent = now.do === 'settle' ? Math.floor((call.worst * now.share) / 100) : call.worst;
              await settle(ledger, call.id, index, spent);
              if (now.do === 'settle-twice') await ledger.releaseCall(call.id);
              used -= call.worst - spent;
            }
          }
          for (const ledger of processes) expect(await ledger.usedUsd('day:x')).toBeCloseTo(used / 100, 9);
          expect(used).toBeLessThanOrEqual(limit);
        } finally {
          for (const ledger of processes) await ledger.close();
        }
      }),
      {numRuns: kind.name === 'SQLite' ? 60 : 10},
    );
  });

  it('names the limit that has no room, not just the first', async context => {
    context.skip(kind.problem !== undefined, kind.problem);
    await using store = await kind.newStore();
    const ledger = createLedger(await store.open(), systemClock);
    const limits = [
      {scope: 'run:r', limitUsd: 1},
      {scope: 'task:r:small', limitUsd: 0.01},
    ];
    const result = await ledger.reserveCall({...call('r', 1), worstCaseUsd: 0.02, limits, counted: []});
    await ledger.close();
    expect(result).toEqual({kind: 'budget', scope: 'task:r:small'});
  });
});

function call(runId: string, index: number) {
  const job = {id: `${runId}-${index}`, task: 't', skill: 's', repo: `${index}`} as Job;
  return {runId, job, repoKey: `${runId}-${index}`, model: 'test/model'};
}

async function reserve(ledger: Ledger, runId: string, index: number, worst: number, limit: number) {
  return await ledger.reserveCall({
    ...call(runId, index),
    worstCaseUsd: worst / 100,
    limits: [{scope: 'day:x', limitUsd: limit / 100}],
    counted: [],
  });
}

async function settle(ledger: Ledger, id: string, index: number, spent: number): Promise<void> {
  await ledger.recordReply(id, {
    digest: `${index}`,
    runId: 'r',
    jobId: `${index}`,
    model: 'test/model',
    reply: {text: 'x', finishReason: 'stop', usage: {...noUsage, requests: 1}},
    cost: {usd: spent / 100},
  });
}
