import fc from 'fast-check';
import {expect, it} from 'vitest';
import {makeJob} from '../../test/support/make-job.ts';
import type {Job} from '../domain/job.ts';
import {createLocalDispatcher} from './local.ts';

const job = (sequence: number, repo: string, output: string): Job =>
  makeJob(sequence, repo, {path: `/fleet/${repo}`, output, outputs: [output], outputPattern: output});

const jobs = fc
  .array(
    fc.record({
      repo: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      output: fc.constantFrom('X.md', 'Y.md'),
      turns: fc.nat(4),
    }),
    {maxLength: 40},
  )
  .map(list => list.map(({repo, output, turns}, index) => ({job: job(index, repo, output), turns})));

const turn = (): Promise<void> => new Promise(setImmediate);

it('executes every job once, never more at once than allowed, and one after another on the same file', async () => {
  await fc.assert(
    fc.asyncProperty(jobs, fc.integer({min: 1, max: 6}), async (list, maxWorkers) => {
      const turns = new Map(list.map(entry => [entry.job.id, entry.turns]));
      const done: string[] = [];
      const writing = new Set<string>();
      let calling = 0;
      await createLocalDispatcher({maxWorkers: () => maxWorkers, parallel: true}).dispatch(
        list.map(entry => entry.job),
        {
          prepare: async one => one,
          async execute(one, prepared, answered) {
            await prepared;
            const target = `${one.repo}/${one.output}`;
            expect(writing.has(target)).toBe(false);
            writing.add(target);
            calling++;
            expect(calling).toBeLessThanOrEqual(maxWorkers);
            for (let count = turns.get(one.id) ?? 0; count > 0; count--) await turn();
            calling--;
            await answered();
            await turn();
            writing.delete(target);
            done.push(one.id);
          },
        },
      );
      expect(done.map(Number).sort((a, b) => a - b)).toEqual(list.map((_, index) => index));
    }),
    {numRuns: 60},
  );
});

it('goes through the jobs one by one and in order when it is not parallel, preparing none ahead', async () => {
  const log: string[] = [];
  const list = ['a', 'b', 'c'].map((repo, index) => job(index, repo, 'X.md'));
  await createLocalDispatcher({maxWorkers: () => 5, parallel: false}).dispatch(list, {
    async prepare(one) {
      log.push(`prepare ${one.repo}`);
    },
    async execute(one, prepared, answered) {
      await prepared;
      await answered();
      await turn();
      log.push(`end ${one.repo}`);
    },
  });
  expect(log).toEqual(['prepare a', 'end a', 'prepare b', 'end b', 'prepare c', 'end c']);
});

it('starts nothing while it is paused, and goes on when it is told to look again', async () => {
  let maxWorkers = 0;
  const started: string[] = [];
  const dispatcher = createLocalDispatcher({maxWorkers: () => maxWorkers, parallel: true});
  const all = dispatcher.dispatch([job(0, 'a', 'X.md'), job(1, 'b', 'X.md')], {
    prepare: async () => {},
    execute: async one => void started.push(one.repo),
  });
  await turn();
  expect(started).toEqual([]);
  maxWorkers = 2;
  dispatcher.refresh();
  await all;
  expect(started).toEqual(['a', 'b']);
});

/** Jobs that are called after a commit, and answered after so many milliseconds; what happened, in its order. */
async function dispatchLogged(count: number, maxWorkers: number, answerMs: (index: number) => number) {
  const log: string[] = [];
  const list = Array.from({length: count}, (_, index) => job(index, `${index}`, 'X.md'));
  await createLocalDispatcher({maxWorkers: () => maxWorkers, parallel: true}).dispatch(list, {
    async prepare(one) {
      log.push(`prepare ${one.repo}`);
    },
    async execute(one, prepared, answered) {
      await prepared;
      for (let turns = 0; turns < 5; turns++) await turn();
      log.push(`call ${one.repo}`);
      await new Promise(resolve => setTimeout(resolve, answerMs(one.sequence)));
      await answered();
      log.push(`deliver ${one.repo}`);
    },
  });
  return (entry: string): number => log.indexOf(entry);
}

it('lets the calls go out that take the places of answers which come together, before these are delivered', async () => {
  const at = await dispatchLogged(6, 2, () => 30);
  expect(at('call 2')).toBeLessThan(at('deliver 0'));
  expect(at('call 3')).toBeLessThan(at('deliver 1'));
  expect(at('deliver 5')).toBe(17);
});

it('lets the call go out that takes the place of an answer, before more is prepared', async () => {
  const at = await dispatchLogged(24, 8, index => (index === 0 ? 30 : 100));
  expect(at('prepare 15')).toBeLessThan(at('call 8'));
  expect(at('call 8')).toBeLessThan(at('prepare 16'));
});
