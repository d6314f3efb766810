import {posix, win32} from 'node:path';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {pathProblem} from './path-problem.ts';

describe('pathProblem', () => {
  it.each([
    'README.md',
    'docs/journal/2026-01-31.md',
    '.github/README.md',
    '.gitignore',
    'a b/c d.md',
    'übersicht.md',
    '概要.md',
    'con-text.md',
    'console/x',
    'gitter/x',
    '.gitlab/x',
    'a..b/c',
    '...a/b',
    '-rf',
    'x~1/y',
    'auxiliary.md',
    'com10.md',
    'lib/{{x}}.md',
  ])('allows %s', path => {
    expect(pathProblem(path)).toBeUndefined();
  });

  it('keeps every path that it allows below the root, by the rules of POSIX and of Windows', () => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      'a',
      '.git',
      'GIT~1',
      'c:',
      ' ',
      '\u200d',
      'nul',
      '\0',
      'é',
      '~',
      '.g\u200cit',
      ':$DATA',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, {maxLength: 6}).map(pieces => pieces.join('')),
          fc.string({unit: 'binary'}),
        ),
        path => {
          if (pathProblem(path) !== undefined) return;
          expect(posix.resolve('/root/repo', path).startsWith('/root/repo/')).toBe(true);
          expect(win32.resolve('C:\\root\\repo', path).startsWith('C:\\root\\repo\\')).toBe(true);
          expect(path.split('/').some(segment => /^\.git$/i.test(segment))).toBe(false);
        },
      ),
      {numRuns: 2000},
    );
  });
});
