import fc from 'fast-check';
import {expect, it} from 'vitest';
import {branchNames} from './branch-name.ts';

const hostile = fc.oneof(
  fc.string({unit: 'binary', maxLength: 80}),
  fc.constantFrom(
    '--upload-pack=x',
    '../../x',
    'a..b',
    '@{-1}',
    '.lock',
    'x.lock',
    'a~1',
    'HEAD',
    '-',
    '',
    '\u202e',
    '\0',
    'ﬁ',
    'İ',
  ),
);

it('makes every name of a slug and a digest, whatever a skill or an output is called', () => {
  fc.assert(
    fc.property(hostile, hostile, (skill, outputPattern) => {
      const {key, plain, distinct} = branchNames({skill, outputPattern});
      expect(key).toMatch(/^[0-9a-f]{16}$/);
      expect(plain).toMatch(/^orchestrator\/[a-z0-9]+(?:-[a-z0-9]+)*$/);
      expect(distinct.slice(plain.length)).toMatch(/^-[0-9a-f]{7}$/);
      expect(plain.length).toBeLessThan(80);
    }),
    {numRuns: 5000},
  );
});

it('tells outputs of one skill apart, and gives tasks with the same output the same branch', () => {
  const of = (skill: string, outputPattern: string) => branchNames({skill, outputPattern});
  expect(of('readme-generator', 'README.md').plain).toBe('orchestrator/readme-generator');
  expect(of('readme-generator', 'README.md')).toEqual(of('readme-generator', 'README.md'));
  expect(of('readme-generator', 'docs/README.md').distinct).not.toBe(of('readme-generator', 'README.md').distinct);
});
