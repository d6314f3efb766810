import {expect, it} from 'vitest';
import {samplePatch} from '../../test/support/sample-patch.ts';
import {hunkTitle} from './pair-lines.ts';
import {readPatch} from './patch-view.ts';

it('tells files, kinds, lines and what a reader of the lines alone would miss', () => {
  const files = readPatch(samplePatch, 1000);
  expect(files.map(({path, kind, added, removed, marks}) => [path, kind, added, removed, marks])).toEqual([
    ['README.md', 'changed', 3, 2, []],
    ['bin/run me', 'changed', 0, 0, ['mode 100644 → 100755']],
    ['ä\tb', 'added', 1, 0, ['new link']],
    ['logo.png', 'deleted', 0, 0, ['binary']],
  ]);
});

it('numbers lines on both sides, and takes no line of a hunk for a header', () => {
  const [first, second] = readPatch(samplePatch, 1000)[0]!.hunks;
  expect(first!.lines.slice(2)).toEqual([
    {sign: '-', text: '- Run `npm start` to launch.', old: 15},
    {sign: '+', text: '- Run `npm run dev` to launch.', now: 15},
    {sign: ' ', text: '-- the end', old: 16, now: 16},
  ]);
  expect(second!.lines.map(({sign, text}) => sign + text)).toEqual([
    ' one',
    '--- looks like a header',
    '+++ so does this',
    '+diff --git a/x b/x',
  ]);
  expect(second!.lines.at(-1)!.isOpen).toBe(true);
});

it('keeps no more lines than asked, and says how many it left out', () => {
  const files = readPatch(samplePatch, 3);
  expect(files.flatMap(({hunks}) => hunks).flatMap(({lines}) => lines)).toHaveLength(3);
  expect(files.map(({cut}) => cut)).toEqual([6, 0, 1, 0]);
  const [wide] = readPatch(`diff --git a/x b/x\n@@ -0,0 +1 @@\n+${'y'.repeat(100_000)}\n`, 10);
  expect(wide!.hunks[0]!.lines[0]!.text.length).toBeLessThan(2_100);
});

it('makes nothing of what is no patch', () => {
  expect(readPatch('', 10)).toEqual([]);
  expect(readPatch('hello\n@@ -1 +1 @@\n-a\n+b\n', 10)).toEqual([]);
});

it('says where a hunk is in words, and keeps what git found above it', () => {
  const patch = (head: string): string => `diff --git a/x b/x\n--- a/x\n+++ b/x\n${head}\n x\n`;
  const title = (head: string): string => hunkTitle(readPatch(patch(head), 10)[0]!.hunks[0]!);
  expect(title('@@ -13,4 +16,4 @@ function start() {')).toBe('line 16 · function start() {');
  expect(title('@@ -13 +16 @@')).toBe('line 16');
  expect(title('@@ -7,1 +6,0 @@')).toBe('line 7');
  expect(title('@@ -0,0 +1,9 @@')).toBe('');
  expect(title('@@ -1,3 +1,9 @@ # Title')).toBe('# Title');
});
