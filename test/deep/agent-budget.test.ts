import path from 'node:path';
import fc from 'fast-check';
import {expect, it} from 'vitest';
import type {ModelReply, ModelRequest} from '../../src/domain/model.ts';
import {JobFailure} from '../../src/domain/outcome.ts';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {NotStarted} from '../../src/run/not-started.ts';
import {createObtainReply} from '../../src/run/obtain-reply.ts';
import {RunGate} from '../../src/run/run-gate.ts';
import {createStartJob, createWaitForRepo} from '../../src/run/start-job.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {systemClock} from '../../src/util/clock.ts';
import {makeJob} from '../support/make-job.ts';

/** Cents, so that the oracle's sums are exact. */
const simulated = fc.record({
  runCents: fc.integer({min: 1, max: 400}),
  jobCents: fc.integer({min: 1, max: 120}),
  jobs: fc.integer({min: 1, max: 6}),
  turns: fc.array(fc.record({worst: fc.integer({min: 1, max: 40}), share: fc.integer({min: 0, max: 100})}), {
    minLength: 1,
    maxLength: 12,
  }),
});

it('agents with budgets of job and run never cost more, in 1,000 simulated runs', async () => {
  await using directory = await makeTemporaryDirectory();
  const ledger = createLedger(openSqlite(path.join(directory.path, 'state.db')), systemClock);
  let number = 0;
  let calls = 0;
  await fc.assert(
    fc.asyncProperty(simulated, async ({runCents, jobCents, jobs, turns}) => {
      const runId = `r-${++number}`;
      const gate = new RunGate();
      const spent = new Map<string, number>();
      const costs = new Map<string, number>();
      const starting = {runId, ledger, clock: systemClock, gate, busyTimeoutMs: 1000};
      const waitForRepo = createWaitForRepo(starting);
      const obtain = createObtainReply({
        ...starting,
        startJob: createStartJob(starting, waitForRepo),
        waitForRepo,
        budget: () => ({runUsd: runCents / 100}),
        today: () => '2025-12-01',
        source: {
          call: (_, request, attempt, signal) =>
            attempt(async ({prompt}) => {
              await new Promise(setImmediate);
              return reply(prompt);
            })(request, signal),
          worstCaseUsd: async ({maxOutputTokens}) => maxOutputTokens / 100,
          costOf: async (_, {text}) => ({usd: costs.get(text)! / 100}),
          billingOf: () => 'not-billed',
          prepare: () => {},
          dooms: () => undefined,
          isOutage: () => false,
        },
      } as Parameters<typeof createObtainReply>[0]);
      const work = async (index: number): Promise<void> => {
        const job = makeJob(index, `repo-${index}`, {
          id: `${runId}-${index}`,
          mode: 'agent',
          models: ['a/b'],
          jobBudgetUsd: jobCents / 100,
        });
        for (const [turn, {worst, share}] of turns.entries()) {
          const prompt = `${job.id} ${turn}`;
          costs.set(prompt, Math.floor((worst * share) / 100));
          const request: ModelRequest = {
            model: 'a/b',
            system: '',
            prompt,
            tools: [],
            maxOutputTokens: worst,
            timeoutMs: 1000,
          };
          try {
            await obtain(
              {
                job,
                repoKey: `/${job.id}`,
                request,
                promptVersion: 1,
                onHeld: async () => {},
                onAttempt: () => void calls++,
                onAnswered: () => {},
                onSpent: ({cost}) => {
                  spent.set(job.id, (spent.get(job.id) ?? 0) + Math.round((cost.usd ?? 0) * 100));
                  expect(spent.get(job.id)).toBeLessThanOrEqual(jobCents);
                  expect([...spent.values()].reduce((sum, cents) => sum + cents, 0)).toBeLessThanOrEqual(runCents);
                },
              },
              new AbortController().signal,
            );
          } catch (error) {
            if (error instanceof NotStarted && error.reason === 'budget') return;
            if (error instanceof JobFailure && error.failure.reason === 'job-budget') return;
            throw error;
          }
        }
      };
      await Promise.all(Array.from({length: jobs}, (_, index) => work(index)));
    }),
    {numRuns: 1000},
  );
  console.log(`1,000 simulated runs, ${calls} calls, 0 above a budget`);
  await ledger.close();
});

function reply(text: string): ModelReply {
  const usage = {inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, requests: 1};
  return {text, finishReason: 'stop', usage};
}
