import {createHash} from 'node:crypto';
import {lstat, readdir, readFile, readlink} from 'node:fs/promises';
import {join} from 'node:path';

/** Every entry below a folder with kind, mode, owner and content, so that two snapshots are equal only when nothing was touched. */
export async function snapshotTree(root: string, below = ''): Promise<Record<string, string>> {
  const entries: Record<string, string> = {};
  for (const name of (await readdir(join(root, below))).sort()) {
    const path = below === '' ? name : `${below}/${name}`;
    const stat = await lstat(join(root, path));
    const about = `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${stat.ino}`;
    if (stat.isDirectory()) {
      entries[path] = about;
      Object.assign(entries, await snapshotTree(root, path));
    } else if (stat.isSymbolicLink()) {
      entries[path] = `${about} -> ${await readlink(join(root, path))}`;
    } else if (stat.isFile()) {
      const digest = createHash('sha256')
        .update(await readFile(join(root, path)))
        .digest('hex');
      entries[path] = `${about} ${stat.mtimeMs} ${digest}`;
    } else {
      entries[path] = about;
    }
  }
  return entries;
}

/** What differs between two snapshots, for a message that can be read. */
export function changesBetween(before: Record<string, string>, after: Record<string, string>): string[] {
  const paths = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Array.from(paths).filter(path => before[path] !== after[path]);
}
