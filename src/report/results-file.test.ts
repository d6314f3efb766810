import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {expect, it, vi} from 'vitest';
import {makeJob} from '../../test/support/make-job.ts';
import type {Outcome} from '../domain/outcome.ts';
import type {JobDetail, JobRecord} from '../domain/run.ts';
import {noCost, noUsage} from '../domain/usage.ts';
import {toResultRow} from './result-row.ts';
import {ResultsFile} from './results-file.ts';
import {resultsSchema} from './results-schema.ts';

const spent = {usage: noUsage, cost: noCost};
const outcomes: fc.Arbitrary<Outcome> = fc.oneof(
  fc
    .record({path: fc.string({minLength: 1}), added: fc.nat(99), removed: fc.nat(99)})
    .map(file => ({status: 'changed' as const, files: [file], delivered: {kind: 'files' as const}, ...spent})),
  fc.constant({status: 'unchanged' as const, files: [], ...spent}),
  fc.constant({status: 'up-to-date' as const, since: 'r-1', ...spent}),
  fc
    .constantFrom('budget', 'deadline', 'stopped', 'auth')
    .map(reason => ({status: 'not-started' as const, reason: reason as 'budget', ...spent})),
  fc.string().map(message => ({
    status: 'failed' as const,
    failure: {reason: 'path-missing' as const, message},
    ...spent,
    cost: {usd: null, reason: 'no price'},
  })),
);

function detail(outcome: Outcome): JobDetail {
  return {outcome, heldBack: [], leftOut: {}, replayed: false, attempts: 1};
}

it('holds one valid row for each job, in the order of the plan, from the first moment to the last', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-results-'));
  const file = path.join(folder, 'results.json');
  const read = (): unknown[] => resultsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.string(), outcomes, fc.boolean()), {maxLength: 12}), async list => {
        const records: JobRecord[] = list.map(([repo], index) => ({job: makeJob(index, repo), state: 'pending'}));
        const results = await ResultsFile.open(file, 'r-1', records);
        expect(read()).toEqual(records.map(record => toResultRow('r-1', record)));
        const ended = list.map(([, outcome, ends], index): JobRecord => {
          const {job: one} = records[index]!;
          results.report({type: 'job.started', at: 1000, job: one});
          if (!ends) return {job: one, state: 'running', startedAt: 1000};
          results.report({type: 'job.finished', at: 2000, job: one, detail: detail(outcome), startedAt: 1000});
          return {job: one, state: 'ended', detail: detail(outcome), startedAt: 1000, endedAt: 2000};
        });
        await results.close();
        expect(read()).toEqual(ended.map(record => toResultRow('r-1', record)));
        expect(readdirSync(folder)).toEqual(['results.json']);
      }),
      {numRuns: 40},
    );
  } finally {
    rmSync(folder, {recursive: true});
  }
});

it('is written by one after the other, also when its time comes while it is flushed', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-results-'));
  const file = path.join(folder, 'results.json');
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']});
  try {
    const records: JobRecord[] = [0, 1].map(index => ({job: makeJob(index, `repo-${index}`), state: 'pending'}));
    const results = await ResultsFile.open(file, 'r-1', records);
    for (let round = 0; round < 20; round++) {
      results.report({type: 'job.started', at: round, job: records[0]!.job});
      const flushing = results.flush();
      results.report({type: 'job.started', at: round, job: records[1]!.job});
      vi.advanceTimersByTime(60_000);
      expect(await flushing).toBe(true);
    }
    await results.close();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject([{status: 'running'}, {status: 'running'}]);
    expect(readdirSync(folder)).toEqual(['results.json']);
  } finally {
    vi.useRealTimers();
    rmSync(folder, {recursive: true});
  }
});
