import {execFileSync} from 'node:child_process';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {changesBetween, snapshotTree} from '../../test/support/snapshot-tree.ts';
import {textEdits} from '../../test/support/text-edits.ts';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {gitBlobId} from '../util/git-blob-id.ts';
import {createFilesDelivery} from './files.ts';

/** Only root may mount, and not in every container. */
const canMount = mountWorks();

it.runIf(canMount).for([
  ['a full disk', 'size=256k', 'disk-full'],
  ['a disk without free entries', 'size=1m,nr_inodes=6', 'disk-full'],
  ['a read-only disk', 'size=1m', 'disk-full'],
] as const)('%s: a named failure, and everything is as it was', async ([name, options, reason]) => {
  await using temporary = await makeTemporaryDirectory();
  const disk = join(temporary.path, 'disk');
  await mkdir(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]);
  try {
    await mkdir(join(disk, '.git'));
    await writeFile(join(disk, 'README.md'), 'one\n');
    if (name === 'a read-only disk') execFileSync('mount', ['-o', 'remount,ro', disk]);
    const before = await snapshotTree(disk);
    const delivering = createFilesDelivery().deliver({
      workTree: disk,
      reader: {head: {commit: 'a'.repeat(40)}, objectFormat: 'sha1'},
      committed: new Map([['README.md', gitBlobId('sha1', Buffer.from('one\n'))]]),
      edits: textEdits([
        {path: 'docs/a/b.md', text: 'small\n'},
        {path: 'README.md', text: 'large\n'.repeat(100_000)},
      ]),
      earlier: [],
      intend: async () => {},
    });
    await expect(delivering).rejects.toMatchObject({failure: {reason, message: expect.stringMatching(/docs|README/)}});
    expect(changesBetween(before, await snapshotTree(disk))).toEqual([]);
  } finally {
    execFileSync('umount', [disk]);
  }
});

function mountWorks(): boolean {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return false;
  try {
    const directory = execFileSync('mktemp', ['-d'], {encoding: 'utf8'}).trim();
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', directory], {stdio: 'ignore'});
    execFileSync('umount', [directory]);
    execFileSync('rmdir', [directory]);
    return true;
  } catch {
    return false;
  }
}
