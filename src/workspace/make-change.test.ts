import fc from 'fast-check';
import {expect, it} from 'vitest';
import {applyPatch, trees} from '../../test/support/patch-trial.ts';
import type {FileEdit} from '../domain/change.ts';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {gitBlobId} from '../util/git-blob-id.ts';
import {makeChange} from './make-change.ts';

it('makes patches that git applies to exactly the tree that was meant, and back', async () => {
  await using temporary = await makeTemporaryDirectory();
  await fc.assert(
    fc.asyncProperty(trees, async ({before, after}) => {
      const result = await applyPatch(temporary.path, before, after);
      expect(result.forward).toBe(result.expected);
      expect(result.back).toBe(result.start);
      // A new path that other systems could not hold is refused.
      if (result.built !== 'path-escapes') expect(result.built).toBe(result.expected);
    }),
    {numRuns: 25},
  );
}, 120_000);

const head = {commit: 'c'.repeat(40)};

/** A reader of nothing but these texts. */
function readerOf(...texts: readonly string[]): Parameters<typeof makeChange>[0] {
  const blobs = new Map(texts.map(text => [idOf(text), Buffer.from(text)]));
  return {head, objectFormat: 'sha1', blobs: async ids => ids.map(id => blobs.get(id))};
}

function idOf(text: string): string {
  return gitBlobId('sha1', Buffer.from(text));
}

function edit(path: string, before: string | undefined, after: string | undefined): FileEdit {
  return {
    path,
    ...(before === undefined ? {} : {before: {kind: 'file', id: idOf(before)}}),
    ...(after === undefined ? {} : {after: {kind: 'file', bytes: Buffer.from(after)}}),
  };
}

it('writes what git writes', async () => {
  const before = Array.from({length: 20}, (_, index) => `line ${index}\n`).join('');
  const after = before.replace('line 2\n', 'line two\n').replace('line 18\n', '');
  const change = await makeChange(readerOf(before, 'same\n'), {
    edits: [edit('same.txt', 'same\n', 'same\n'), edit('new file', undefined, 'no end'), edit('a.txt', before, after)],
    summary: 'why',
  });
  expect(change).toMatchObject({
    commit: head.commit,
    summary: 'why',
    files: [
      {path: 'a.txt', added: 1, removed: 2},
      {path: 'new file', added: 1, removed: 0},
    ],
  });
  expect(change.edits.map(({path}) => path)).toEqual(['a.txt', 'new file']);
  expect(change.patch.replace(/[0-9a-f]{40}/g, 'ID')).toBe(
    `diff --git a/a.txt b/a.txt
index ID..ID 100644
--- a/a.txt
+++ b/a.txt
@@ -1,6 +1,6 @@
 line 0
 line 1
-line 2
+line two
 line 3
 line 4
 line 5
@@ -16,5 +16,4 @@
 line 15
 line 16
 line 17
-line 18
 line 19
diff --git a/new file b/new file
new file mode 100644
index ID..ID
--- /dev/null
+++ b/new file\t
@@ -0,0 +1 @@
+no end
\\ No newline at end of file
`,
  );
});

it('gives links, submodules, modes and other kinds of things the headers of git', async () => {
  const [one, two] = ['1'.repeat(40), '2'.repeat(40)];
  const change = await makeChange(readerOf('x\n', 'target'), {
    edits: [
      {path: 'link', before: {kind: 'symlink', id: idOf('target')}, after: {kind: 'file', bytes: Buffer.from('x\n')}},
      {path: 'run.sh', before: {kind: 'file', id: idOf('x\n')}, after: {kind: 'executable', bytes: Buffer.from('x\n')}},
      {path: 'sub', before: {kind: 'submodule', id: one}, after: {kind: 'submodule', bytes: Buffer.from(two)}},
    ],
  });
  expect(change.patch).toBe(`diff --git a/link b/link
deleted file mode 120000
index ${idOf('target')}..${'0'.repeat(40)}
--- a/link
+++ /dev/null
@@ -1 +0,0 @@
-target
\\ No newline at end of file
diff --git a/link b/link
new file mode 100644
index ${'0'.repeat(40)}..${idOf('x\n')}
--- /dev/null
+++ b/link
@@ -0,0 +1 @@
+x
diff --git a/run.sh b/run.sh
old mode 100644
new mode 100755
diff --git a/sub b/sub
index ${one}..${two} 160000
--- a/sub
+++ b/sub
@@ -1 +1 @@
-Subproject commit ${one}
+Subproject commit ${two}
`);
});

it('gives the same patch id for the same edit on other lines and with other white space around it', async () => {
  const idFor = async (path: string, before: string, after: string): Promise<string> =>
    (await makeChange(readerOf(before), {edits: [edit(path, before, after)]})).patchId;
  const base = await idFor('a.txt', 'a\nb\nc\nd\n', 'a\nb\nX\nd\n');
  const many = 'new\n'.repeat(50);
  expect(await idFor('a.txt', `${many}k\na\n  b\nc\nd\t\n`, `${many}k\na\n  b\nX\nd\t\n`)).not.toBe(base);
  expect(await idFor('a.txt', 'a\n  b\nc\nd\t\n', 'a\n  b\nX\nd\t\n')).toBe(base);
  const longer = (end: string): string => `1\n2\n3\n${end}4\n5\n6\n`;
  expect(await idFor('a.txt', many + longer('c\n'), many + longer('X\n'))).toBe(
    await idFor('a.txt', `z\n${longer('c\n')}`, `z\n${longer('X\n')}`),
  );
  const others = [
    idFor('b.txt', 'a\nb\nc\nd\n', 'a\nb\nX\nd\n'),
    idFor('a.txt', 'a\nb\nc\nd\n', 'a\nb\n X\nd\n'),
    idFor('a.txt', 'a\nb\nc\nd\n', 'a\nb\nc\nX\nd\n'),
  ];
  for (const other of await Promise.all(others)) expect(other).not.toBe(base);
});

it('bounds the time for texts that have nothing in common', async () => {
  const make = (prefix: string): string => Array.from({length: 90_000}, (_, n) => `${prefix}${n}\n`).join('');
  const [before, after] = [make('a'), make('b')];
  const started = performance.now();
  const change = await makeChange(readerOf(before), {edits: [edit('a.txt', before, after)]});
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(change.files).toEqual([{path: 'a.txt', added: 90_000, removed: 90_000}]);
});

it('gives texts that nobody reads as bytes', async () => {
  const before = '\n'.repeat(200_000);
  const change = await makeChange(readerOf(before), {edits: [edit('a.txt', before, `${before}x`)]});
  expect(change.files).toEqual([{path: 'a.txt', added: 0, removed: 0}]);
  expect(change.patch).toContain('GIT binary patch');
});
