import {describe, expect, it} from 'vitest';
import {resolveOutput, spellOutput} from './output-path.ts';

const date = new Date(2026, 0, 9, 23, 59);

describe('resolveOutput', () => {
  it.each([
    ['README.md', 'README.md'],
    ['./docs/NOTES.md', 'docs/NOTES.md'],
    ['docs/journal/', 'docs/journal/2026-01-09.md'],
    ['docs/journal/YYYY-MM-DD.md', 'docs/journal/2026-01-09.md'],
    ['log/YYYY/MM/DD.md', 'log/2026/01/09.md'],
    ['log/YYYY/', 'log/2026/2026-01-09.md'],
    ['log/YYYYMMDD_x.md', 'log/20260109_x.md'],
    ['log/YYYYMM.md', 'log/202601.md'],
    ['log/YYYY_MM.md', 'log/2026_01.md'],
    ['COMMANDS.md', 'COMMANDS.md'],
    ['docs/ADD-MM.md', 'docs/ADD-MM.md'],
    ['YYYY/COMMANDS-ADD.md', '2026/COMMANDS-ADD.md'],
  ])('%s becomes %s', (taskOutput, expected) => {
    expect(resolveOutput({taskOutput, skill: {name: 'x', output: 'other.md'}, date})).toBe(expected);
  });

  it('takes the output of the skill, and else a name after the skill', () => {
    expect(resolveOutput({skill: {name: 'x', output: 'docs/'}, date})).toBe('docs/2026-01-09.md');
    expect(resolveOutput({skill: {name: 'code-reviewer'}, date})).toBe('CODE_REVIEWER.md');
  });
});

it('spellOutput takes the file that differs in capitals alone, when there is one', () => {
  const entries = (...paths: string[]) => new Map(paths.map(path => [path, {kind: 'file'} as const]));
  expect(spellOutput('README.md', entries('a', 'Readme.MD'))).toBe('Readme.MD');
  expect(spellOutput('README.md', entries('readme.md', 'README.md'))).toBe('README.md');
  expect(spellOutput('README.md', entries('readme.md', 'Readme.md'))).toBe('README.md');
  expect(spellOutput('README.md', entries('docs/readme.md', 'README.rst'))).toBe('README.md');
  expect(spellOutput('README.md', new Map([['readme.md', {kind: 'symlink'} as const]]))).toBe('README.md');
});
