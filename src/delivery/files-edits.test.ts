import {chmod, lstat, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {openDeliveryRig} from '../../test/support/delivery-rig.ts';
import type {FileEdit} from '../domain/change.ts';
import {gitBlobId} from '../util/git-blob-id.ts';

const binary = Buffer.from([0, 1, 2, 255, 13, 10, 0]);
const files = {'a.txt': 'a\n', 'b.bin': binary, 'run.sh': 'run\n', 'd/gone.txt': 'gone\n', link: {symlink: 'a.txt'}};
const file = (path: string, bytes: Buffer | string, before?: string | Buffer): FileEdit => ({
  path,
  ...(before === undefined ? {} : {before: {kind: 'file', id: gitBlobId('sha1', Buffer.from(before))}}),
  after: {kind: 'file', bytes: Buffer.from(bytes)},
});
const gone = (path: string, before: string): FileEdit => ({
  path,
  before: {kind: 'file', id: gitBlobId('sha1', Buffer.from(before))},
});
const executable = (path: string, bytes: string, before?: string): FileEdit => ({
  ...file(path, bytes, before),
  after: {kind: 'executable', bytes: Buffer.from(bytes)},
});

it('delivers text, bytes, the executable bit and removals in one, and git sees exactly that', async () => {
  await using rig = await openDeliveryRig({files});
  const edits = [
    file('a.txt', 'b\n', 'a\n'),
    file('b.bin', Buffer.concat([binary, binary]), binary),
    gone('d/gone.txt', 'gone\n'),
    file('new/x.bin', binary),
    executable('new/y.sh', 'y\n'),
    executable('run.sh', 'run\n', 'run\n'),
  ];
  const result = await rig.deliverEdits(edits);
  expect(result).toMatchObject({kind: 'delivered', files: edits.map(({path}) => expect.objectContaining({path}))});
  expect(result.files).toContainEqual({path: 'd/gone.txt', added: 0, removed: 1});
  expect(rig.intended[0]!.map(({path}) => path)).toEqual(edits.map(({path}) => path));
  expect((await rig.repo.git('status', '--porcelain', '-uall')).split('\n').map(line => line.trim())).toEqual([
    'M a.txt',
    'M b.bin',
    'D d/gone.txt',
    'M run.sh',
    '?? new/x.bin',
    '?? new/y.sh',
  ]);
  expect(await readFile(join(rig.repo.path, 'new/x.bin'))).toEqual(binary);
  for (const name of ['run.sh', 'new/y.sh']) expect((await lstat(join(rig.repo.path, name))).mode & 0o111).not.toBe(0);
  // Doing it again changes nothing.
  expect((await rig.deliverEdits(edits)).kind).toBe('unchanged');
});

it('ends a delivery that was cut off as an undisturbed one', async () => {
  await using rig = await openDeliveryRig({files});
  const edits = [gone('d/gone.txt', 'gone\n'), executable('run.sh', 'run\n', 'run\n')];
  const first = await rig.deliverEdits(edits);
  const again = await rig.deliverEdits(edits, {unconfirmed: rig.intended[0]!});
  expect(again).toEqual(first);
});

it.each<[string, FileEdit, (at: string) => Promise<unknown>, string]>([
  [
    'removed and edited since',
    gone('a.txt', 'a\n'),
    at => writeFile(join(at, 'a.txt'), 'mine\n'),
    'uncommitted-changes',
  ],
  [
    'binary and edited since',
    file('b.bin', 'x', binary),
    at => writeFile(join(at, 'b.bin'), Buffer.from([0, 7])),
    'uncommitted-changes',
  ],
  ['binary and deleted since', file('b.bin', 'x', binary), at => rm(join(at, 'b.bin')), 'uncommitted-changes'],
  ['removed and read-only', gone('a.txt', 'a\n'), at => chmod(join(at, 'a.txt'), 0o444), 'write-denied'],
  ['a new link', {path: 'l', after: {kind: 'symlink', bytes: Buffer.from('/etc')}}, async () => {}, 'path-not-a-file'],
  [
    'a link that goes',
    {path: 'link', before: {kind: 'symlink', id: '1'.repeat(40)}},
    async () => {},
    'path-not-a-file',
  ],
  [
    'a submodule',
    {path: 's', after: {kind: 'submodule', bytes: Buffer.from('1'.repeat(40))}},
    async () => {},
    'path-not-a-file',
  ],
])('refuses %s before it touches anything', async (_, edit, prepare, reason) => {
  await using rig = await openDeliveryRig({files});
  await prepare(rig.repo.path);
  const before = await rig.repo.git('status', '--porcelain', '-uall');
  await expect(rig.deliverEdits([file('0.txt', 'x\n'), edit])).rejects.toMatchObject({failure: {reason}});
  expect(await rig.repo.git('status', '--porcelain', '-uall')).toBe(before);
  expect(rig.intended).toEqual([]);
});

it('does not remove what came in the place of the file meanwhile', async () => {
  await using rig = await openDeliveryRig({files});
  const at = join(rig.repo.path, 'a.txt');
  const intend = async (): Promise<void> => {
    await rm(at);
    await writeFile(at, 'mine\n');
  };
  const delivered = rig.deliverEdits([gone('a.txt', 'a\n')], {intend});
  await expect(delivered).rejects.toMatchObject({failure: {reason: 'uncommitted-changes'}});
  expect(await readFile(at, 'utf8')).toBe('mine\n');
});
