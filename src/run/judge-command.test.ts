import fc from 'fast-check';
import {expect, it} from 'vitest';
import {judgeCommand, type Trial} from './judge-command.ts';

const ends = {p: 'passed', f: 'failed', t: 'timed-out'} as const;

/** `before` and `after` say how run after run ends: p, f or t; the last one goes on for ever. */
async function judge(before: string, after: string) {
  let runs = 0;
  let late = 0;
  const trial = (letters: string, index: number): Promise<Trial> => {
    runs++;
    const end = ends[(letters[index] ?? letters.at(-1)) as keyof typeof ends];
    return Promise.resolve({end, output: `${end} ${index}`, durationMs: 10});
  };
  const result = await judgeCommand('npm test', {
    before: attempt => trial(before, attempt),
    after: () => trial(after, late++),
  });
  return {...result, runs};
}

it('says that nothing was judged when its program is missing before and after', async () => {
  const missing = {end: 'failed', output: 'sh: 1: pytest: not found', durationMs: 10, missing: 'pytest'} as const;
  const found = {end: 'failed', output: 'E', durationMs: 10} as const;
  const run = (before: Trial, after: Trial) =>
    judgeCommand('pytest', {before: () => Promise.resolve(before), after: () => Promise.resolve(after)});
  expect(await run(missing, missing)).toMatchObject({
    before: 'not-run',
    after: 'not-run',
    missing: 'pytest',
    durationMs: 20,
  });
  expect(await run(found, missing)).toMatchObject({before: 'failed', after: 'failed'});
  expect(await run(missing, found)).not.toHaveProperty('missing');
});

it.each([
  ['p', 'p', 'passed', 'passed', 2],
  ['f', 'f', 'failed', 'failed', 3],
  ['f', 'p', 'failed', 'passed', 2],
  ['p', 'f', 'passed', 'failed', 6],
  ['p', 'fp', 'passed', 'flaky', 3],
  ['p', 'ffp', 'passed', 'flaky', 4],
  ['pf', 'f', 'passed', 'failed', 8],
  ['pf', 'ffffp', 'passed', 'flaky', 7],
  ['fp', 'f', 'passed', 'failed', 8],
  ['fp', 'fffp', 'passed', 'flaky', 6],
  ['p', 't', 'passed', 'timed-out', 5],
  ['p', 'tp', 'passed', 'flaky', 3],
  ['t', 't', 'failed', 'timed-out', 2],
  ['t', 'p', 'failed', 'passed', 2],
])('runs that end %s before and %s after come to %s and %s', async (before, after, early, late, runs) => {
  expect(await judge(before, after)).toMatchObject({before: early, after: late, runs, durationMs: runs * 10});
});

it('a change that always fails where the planned commit always passes is always blamed, one that always passes never', async () => {
  const letters = fc.string({unit: fc.constantFrom('p', 'f', 't'), minLength: 1, maxLength: 8});
  await fc.assert(
    fc.asyncProperty(letters, async other => {
      expect((await judge('p', 'f')).after).toBe('failed');
      expect((await judge(other, 'p')).after).toBe('passed');
      const {before, after} = await judge(other, other);
      // Who fails as often as before and is blamed must have failed each of at least three times.
      if (before === 'passed' && after === 'failed') expect(other.slice(0, 3)).not.toContain('p');
    }),
  );
});

it('shows what the change made the command say', async () => {
  expect((await judge('p', 'f')).output).toBe('failed 0');
});
