import {existsSync} from 'node:fs';
import {readdir, rm} from 'node:fs/promises';
import {join} from 'node:path';

/**
 * Removes what a git that was killed left in a git dir of ours: its lock files, packs that were not finished, and marks that keep a pack
 * from being packed anew. To be called by whoever holds the lock of the folder, when no git is at work there. Gives how many locks there were.
 */
export async function sweepGitDirectory(directory: string): Promise<number> {
  let locks = 0;
  for (const path of [...(await filesIn(directory)), ...(await filesIn(join(directory, 'refs'), true))]) {
    if (!path.endsWith('.lock')) continue;
    await rm(path, {force: true});
    locks++;
  }
  for (const path of await filesIn(join(directory, 'objects'), true))
    if (isUnfinished(path)) await rm(path, {force: true});
  return locks;
}

/** `tmp_pack_…`, `tmp_idx_…`, `tmp_obj_…` and the like; `.keep`, and locks of the lists beside the packs. */
function isUnfinished(path: string): boolean {
  return /\/(?:tmp_|\.tmp-)[^/]*$|\.(?:keep|lock)$/.test(path);
}

async function filesIn(directory: string, recursive = false): Promise<string[]> {
  if (!existsSync(directory)) return [];
  const entries = await readdir(directory, {withFileTypes: true, recursive});
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
}
