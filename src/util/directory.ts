import {type BigIntStats, constants, existsSync} from 'node:fs';
import {type FileHandle, lstat, open, realpath} from 'node:fs/promises';
import {join} from 'node:path';

/**
 * A folder that stays the same one while it is open, whatever happens to the names that led to it.
 *
 * On Linux entries are reached through the open descriptor (`/proc/self/fd/N/<name>`), which no rename and no link can divert. Where
 * that does not exist (macOS) they are reached by their real path, and `isSame` is asked right before each effect: a link that is put
 * in between in that instant would be followed.
 */
export interface Directory {
  readonly handle: FileHandle;
  readonly stat: BigIntStats;
  /** Path for a system call that reaches the entry with this name. */
  at(name: string): string;
  /** False when entries can be diverted and the path leads elsewhere by now. */
  isSame(): Promise<boolean>;
}

export type DirectoryAccess = 'descriptor' | 'path';

export function detectDirectoryAccess(): DirectoryAccess {
  return existsSync('/proc/self/fd/0') ? 'descriptor' : 'path';
}

/** Follows links: where a repo is, is the operator's word. */
export async function openRoot(path: string, access: DirectoryAccess): Promise<Directory> {
  return openAs(
    await open(path, constants.O_RDONLY | constants.O_DIRECTORY),
    access === 'path' ? await realpath(path) : undefined,
  );
}

/** Throws ENOENT when there is nothing, ENOTDIR or ELOOP for anything but a folder; a link is not followed. */
export async function openChild(parent: Directory, name: string, access: DirectoryAccess): Promise<Directory> {
  const path = parent.at(name);
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  return openAs(handle, access === 'path' ? path : undefined);
}

async function openAs(handle: FileHandle, path: string | undefined): Promise<Directory> {
  try {
    const stat = await handle.stat({bigint: true});
    if (path === undefined) {
      return {handle, stat, at: name => `/proc/self/fd/${handle.fd}/${name}`, isSame: async () => true};
    }
    const isSame = async (): Promise<boolean> => {
      const [now, real] = await Promise.all([lstat(path, {bigint: true}), realpath(path)]);
      return real === path && sameFile(now, stat);
    };
    return {handle, stat, at: name => join(path, name), isSame};
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export function sameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}
