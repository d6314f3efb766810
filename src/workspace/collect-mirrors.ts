import {readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {readSmallFile} from '../util/read-small-file.ts';
import {withLock} from './folder-lock.ts';
import {discardFolder} from './workspace-folders.ts';

export interface OldMirror {
  readonly folder: string;
  /** Where it was fetched from; the name of its folder when it was never fetched. Untrusted text. */
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

/** Mirrors that were last used before a time, in milliseconds since 1970. */
export async function findOldMirrors(directory: string, before: number): Promise<OldMirror[]> {
  const found: OldMirror[] = [];
  for (const name of await readdir(directory).catch(() => [])) {
    const folder = join(directory, name);
    if (!/^[0-9a-f]{24}$/.test(name)) continue;
    const usedAt = await lastUse(folder);
    const url = readSmallFile(join(folder, 'used'), 4096)?.toString().trim();
    if (usedAt < before) found.push({folder, url: url || name, usedAt});
  }
  return found;
}

/** Removes those that are not in use; gives how many. */
export async function collectMirrors(directory: string, before: number): Promise<number> {
  let count = 0;
  for (const {folder} of await findOldMirrors(directory, before)) {
    const gone = await withLock(join(folder, 'lock'), 0, async () => (await lastUse(folder)) < before);
    if (gone?.value !== true) continue;
    await discardFolder(folder);
    count++;
  }
  return count;
}

async function lastUse(folder: string): Promise<number> {
  return (await stat(join(folder, 'used')).catch(() => stat(folder))).mtimeMs;
}
