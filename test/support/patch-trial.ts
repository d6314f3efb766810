import {rm} from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import type {Change, FileEdit} from '../../src/domain/change.ts';
import {JobFailure} from '../../src/domain/outcome.ts';
import {type Files, makeRepo, runGit} from '../../src/testing/temporary-fleet.ts';
import {buildTree} from '../../src/workspace/build-tree.ts';
import {makeChange} from '../../src/workspace/make-change.ts';
import {openObjectStore} from '../../src/workspace/object-store.ts';
import {readHead} from './read-head.ts';

type Tree = Readonly<Record<string, {readonly kind: 'file' | 'executable' | 'symlink'; readonly bytes: Buffer}>>;

const line = fc.oneof(
  {weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', '', '}', '  x', '-', '+', '\\ No newline at end of file')},
  {weight: 1, arbitrary: fc.string({unit: 'binary', maxLength: 12}).map(text => text.replace(/[\0\n]/gu, ''))},
  {weight: 1, arbitrary: fc.constantFrom('--- a/x', '+++ b/x', '@@ -1 +1 @@', 'diff --git a/x b/x', 'tab\tend ', '\r')},
);
const text = fc
  .tuple(fc.array(line, {maxLength: 30}), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, end, closed]) => lines.join(end) + (closed && lines.length > 0 ? end : ''))
  .map(value => Buffer.from(value));
const bytes = fc.oneof(
  {weight: 5, arbitrary: text},
  {weight: 1, arbitrary: fc.uint8Array({maxLength: 300}).map(value => Buffer.from(value))},
  {weight: 1, arbitrary: fc.constantFrom(Buffer.alloc(0), Buffer.from('\n'), Buffer.from([0xff, 0xfe, 0x0a]))},
);
const file = fc.oneof(
  {weight: 6, arbitrary: bytes.map(value => ({kind: 'file' as const, bytes: value}))},
  {weight: 2, arbitrary: bytes.map(value => ({kind: 'executable' as const, bytes: value}))},
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('a', '../..', '/etc', 'ü')
      .map(value => ({kind: 'symlink' as const, bytes: Buffer.from(value)})),
  },
);
const name = fc.constantFrom(
  ...['a', 'b.txt', 'a/x', 'a/y z', 'd e/f g', 'Zoë', '仓库/🚀', '"q"', 'back\\slash', 'tab\tname', 'line\nbreak'],
  ...['-rf', ' lead', 'trail ', 'a b/c d', 'b/a b/', 'dev/null', 'x\u007f', '\u202egnp', '\u0085next', "it's"].map(
    value => value.replace(/\/$/, '/z'),
  ),
);
const tree: fc.Arbitrary<Tree> = fc
  .dictionary(name, file, {maxKeys: 8, noNullPrototype: true})
  // A path cannot be a file and a folder.
  .map(all =>
    Object.fromEntries(
      Object.entries(all).filter(([at]) => !Object.keys(all).some(other => other.startsWith(`${at}/`))),
    ),
  );

export const trees = fc
  .tuple(tree, tree, fc.array(fc.tuple(fc.nat(), fc.nat(), line), {maxLength: 4}))
  // Most changes are small ones of files that stay.
  .map(([before, after, edits]) => ({before, after: {...after, ...editSome(before, edits)}}))
  .map(({before, after}) => ({
    before,
    after: Object.fromEntries(
      Object.entries(after).filter(([at]) => !Object.keys(after).some(other => other.startsWith(`${at}/`))),
    ) as Tree,
  }));

function editSome(before: Tree, edits: readonly (readonly [number, number, string])[]): Tree {
  const names = Object.keys(before);
  if (names.length === 0) return {};
  return Object.fromEntries(
    edits.map(([which, where, text]) => {
      const at = names[which % names.length]!;
      const lines = before[at]!.bytes.toString('latin1').split('\n');
      lines.splice(where % (lines.length + 1), where % 3, text);
      const kind = before[at]!.kind === 'symlink' ? 'file' : before[at]!.kind;
      return [at, {kind, bytes: Buffer.from(lines.join('\n'), 'latin1')}];
    }),
  );
}

/** Makes the change between two trees, and what git makes of the first one with its patch, and back. */
export async function applyPatch(
  folder: string,
  before: Tree,
  after: Tree,
): Promise<{change: Change; expected: string; forward: string; start: string; back: string; built: string}> {
  const at = path.join(folder, 'repo');
  await rm(at, {recursive: true, force: true});
  // One file that stays, so that no tree is empty.
  const stays: Files = {'stays.txt': 'stays\n'};
  await makeRepo(at, {files: {...stays, ...toFiles(before)}, bare: true});
  const other = await makeRepo(path.join(folder, 'other'), {files: {...stays, ...toFiles(after)}, bare: true});
  await rm(path.join(folder, 'index'), {force: true});
  try {
    await using store = await openObjectStore({directory: path.join(folder, 'git')});
    using reader = await store.open(at);
    const {commit, entries} = await readHead(reader);
    const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    const edits = paths.map((edited): FileEdit => {
      const [was, is] = [entries.get(edited), after[edited]];
      return {
        path: edited,
        ...(was === undefined ? {} : {before: {kind: was.kind, id: was.id}}),
        ...(is === undefined ? {} : {after: is}),
      };
    });
    const change = await makeChange(reader, {edits});
    const built = await buildTree(reader, commit.tree, change.edits).then(
      ({tree}) => tree,
      (error: unknown) => {
        if (error instanceof JobFailure) return error.failure.reason;
        throw error;
      },
    );
    const withIndex = ['-c', 'core.bare=false'];
    await runGit(at, ['read-tree', 'HEAD']);
    const start = await runGit(at, ['write-tree']);
    if (change.patch !== '')
      await runGit(at, [...withIndex, 'apply', '--cached', '--whitespace=nowarn', '-'], change.patch);
    const forward = await runGit(at, ['write-tree']);
    if (change.patch !== '')
      await runGit(at, [...withIndex, 'apply', '--cached', '--reverse', '--whitespace=nowarn', '-'], change.patch);
    const back = await runGit(at, ['write-tree']);
    return {change, expected: await other.git('rev-parse', 'HEAD^{tree}'), forward, start, back, built};
  } finally {
    await rm(other.path, {recursive: true, force: true});
  }
}

function toFiles(tree: Tree): Files {
  return Object.fromEntries(
    Object.entries(tree).map(([at, {kind, bytes}]) => [
      at,
      kind === 'file'
        ? bytes
        : kind === 'symlink'
          ? {symlink: bytes.toString()}
          : {executable: bytes as unknown as string},
    ]),
  );
}
