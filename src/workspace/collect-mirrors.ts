import {readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {withLock} from './folder-lock.ts';
import {discardFolder} from './workspace-folders.ts';

/** Removes mirrors that were last used before a time, in milliseconds since 1970, and are not in use; gives how many. */
export async function collectMirrors(directory: string, before: number): Promise<number> {
  let count = 0;
  for (const name of await readdir(directory).catch(() => [])) {
    const folder = join(directory, name);
    if (!/^[0-9a-f]{24}$/.test(name)) continue;
    const used = await stat(join(folder, 'used')).catch(() => stat(folder));
    if (used.mtimeMs >= before) continue;
    const gone = await withLock(join(folder, 'lock'), 0, async () => {
      const now = await stat(join(folder, 'used')).catch(() => stat(folder));
      return now.mtimeMs < before;
    });
    if (gone?.value !== true) continue;
    await discardFolder(folder);
    count++;
  }
  return count;
}
