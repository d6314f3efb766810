import {expect, it} from 'vitest';
import {makeJob} from '../../test/support/make-job.ts';
import type {JobRecord} from '../domain/run.ts';
import {planRetry} from './plan-retry.ts';

it('asks what a skill usually costs once, however many of its jobs run again', async () => {
  const records: JobRecord[] = Array.from({length: 500}, (_, index) => ({
    job: makeJob(index, `repo-${index}`, {models: ['fable-1']}),
    state: 'pending',
  }));
  const asked: string[] = [];
  const ledger = {
    replyOfJob: async () => undefined,
    costOfJobs: async () => new Map<string, number>(),
    changes: async () => [],
    pastCosts: async (skill: string, model: string) => {
      asked.push(`${skill} ${model}`);
      return [0.03, 0.01, 0.02];
    },
  };
  const {again, usd, costUnknown} = await planRetry(ledger, 'r-1', records);
  expect({jobs: again.length, costUnknown}).toEqual({jobs: 500, costUnknown: 0});
  expect(usd).toBeCloseTo(500 * 0.02, 6);
  expect(asked).toHaveLength(1);
});
