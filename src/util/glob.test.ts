import fc from 'fast-check';
import picomatch from 'picomatch';
import {expect, it} from 'vitest';
import {compileGlob, GlobError} from './glob.ts';

const matches = (glob: string, path: string, options = {}): boolean => compileGlob(glob, options).matches(path);

it.each([
  ['*.ts', 'a.ts', true],
  ['*.ts', 'src/a.ts', false],
  ['*', '.env', true],
  ['src/*.ts', 'src/a.ts', true],
  ['./src/*.ts', 'src/a.ts', true],
  ['/src/*.ts', 'src/a.ts', true],
  ['src/**', 'src/a/b.ts', true],
  ['src/**', 'src', true],
  ['src/**', 'srcs/a', false],
  ['**/*.md', 'README.md', true],
  ['**/*.md', 'a/b/c.md', true],
  ['a/**/z', 'a/z', true],
  ['a/**/z', 'a/b/c/z', true],
  ['a/**/y/**/z', 'a/y/b/y/z', true],
  ['a/**/y/**/z', 'a/b/z', false],
  ['**', 'any/thing', true],
  ['a**b', 'axb', true],
  ['a**b', 'a/b', false],
  ['?.ts', 'ü.ts', true],
  ['?.ts', '😀.ts', true],
  ['?.ts', 'ab.ts', false],
  ['[a-c].ts', 'b.ts', true],
  ['[!a-c].ts', 'b.ts', false],
  ['[^a-c].ts', 'd.ts', true],
  ['[]a].ts', '].ts', true],
  ['[a-].ts', '-.ts', true],
  ['[a.ts', '[a.ts', true],
  ['\\*.ts', '*.ts', true],
  ['\\*.ts', 'a.ts', false],
  ['{a,b}.ts', 'b.ts', true],
  ['{a,b}.ts', 'c.ts', false],
  ['{a,{b,c}d}.ts', 'cd.ts', true],
  ['{src/a,test}/*.ts', 'src/a/x.ts', true],
  ['{a}.ts', '{a}.ts', true],
  ['{a,b.ts', '{a,b.ts', true],
  ['+(a).ts', '+(a).ts', true],
])('%s on %s: %s', (glob, path, expected) => {
  expect(matches(glob, path)).toBe(expected);
});

it('is about a name anywhere, or about letters of any case, when asked', () => {
  expect(matches('*.ts', 'src/a.ts', {anywhere: true})).toBe(true);
  expect(matches('/*.ts', 'src/a.ts', {anywhere: true})).toBe(false);
  expect(matches('src/*.ts', 'x/src/a.ts', {anywhere: true})).toBe(false);
  expect(matches('SRC/[A-C].ts', 'src/B.TS', {ignoreCase: true})).toBe(true);
  expect(matches('{a,b}', 'a', {braces: false})).toBe(false);
});

it('says the same as picomatch wherever that is fast enough to ask', () => {
  const part = fc.constantFrom('a', 'b', '.', '*', '?', '/', '**/', '/**', '[ab]', '{a,b}', '-');
  const text = fc.constantFrom('a', 'b', '.a', 'ab', '-', '/');
  const clean = (path: string): string => path.replace(/\/+/g, '/').replace(/^\/|\/$/g, '');
  fc.assert(
    fc.property(fc.array(part, {maxLength: 6}), fc.array(text, {minLength: 1, maxLength: 6}), (parts, texts) => {
      const glob = clean(parts.join(''));
      const path = clean(texts.join(''));
      // Of these it is not sure itself: stars beside stars, and what only dots are.
      fc.pre(
        path !== '' && glob !== '' && !/\*\*[^/]|[^/]\*\*|\/\*\*$|^\*\*$/.test(glob) && !/(^|\/)\.*(\/|$)/.test(path),
      );
      fc.pre(!/(^|\/)\.+(\/|$)/.test(glob));
      expect([glob, path, matches(glob, path)]).toEqual([
        glob,
        path,
        picomatch(glob, {dot: true, nonegate: true})(path),
      ]);
    }),
    {numRuns: 3000},
  );
});

it.each([
  ['stars between letters', `${'*a'.repeat(400)}*b`, 'a'.repeat(4000)],
  ['a long tail', `*${'a'.repeat(2000)}b`, 'a'.repeat(4000)],
  ['folders between folders', `${'**/a/'.repeat(200)}b`, 'a/'.repeat(2000)],
  ['open braces', '{'.repeat(7990), '{'.repeat(4000)],
  ['open brackets', '[a'.repeat(1990), '[a'.repeat(2000)],
])('takes its time for %s, but not long', (_, glob, path) => {
  const before = performance.now();
  expect(matches(glob, `${path}!`)).toBe(false);
  expect(performance.now() - before).toBeLessThan(1000);
});

it('refuses what stands for too much', () => {
  expect(() => compileGlob('{a,b}'.repeat(9))).toThrow(GlobError);
  expect(() => compileGlob('a'.repeat(9000))).toThrow(GlobError);
  expect(compileGlob('{a,b}'.repeat(8)).matches('abababab')).toBe(true);
});

it('can be given to other programs, for at least what it matches', () => {
  expect(compileGlob('src/**/[a-c]?*.{ts,js}').coarse).toEqual(['src/**/*.ts', 'src/**/*.js']);
  expect(compileGlob('!a b#.md', {anywhere: true}).coarse).toEqual(['**/\\!a\\ b\\#.md']);
});
