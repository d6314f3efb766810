import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fstatSync,
  fsync,
  lstatSync,
  openSync,
  realpathSync,
} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {effectiveUserId} from './effective-user.ts';

/**
 * A folder that stays the same one while it is open, whatever happens to the names that led to it.
 *
 * On Linux entries are reached through the open descriptor (`/proc/self/fd/N/<name>`), which no rename and no link can divert. Where
 * that does not exist (macOS) they are reached by their real path, and `isSame` is asked right before each effect: a link that is put
 * in between in that instant would be followed.
 *
 * Its calls are synchronous, a few microseconds each instead of fifty: whoever opens a folder has looked at its repo before, so that
 * the disk is known to answer. Only flushing is not, because that waits for the disk.
 */
export interface Directory {
  readonly descriptor: number;
  readonly stat: BigIntStats;
  /** Path for a system call that reaches the entry with this name. */
  at(name: string): string;
  /** False when entries can be diverted and the path leads elsewhere by now. */
  isSame(): boolean;
  close(): void;
}

export type DirectoryAccess = 'descriptor' | 'path';

export function detectDirectoryAccess(): DirectoryAccess {
  return existsSync('/proc/self/fd/0') ? 'descriptor' : 'path';
}

/** Follows links: where a repo is, is the operator's word. */
export function openRoot(path: string, access: DirectoryAccess): Directory {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  return openAs(descriptor, access === 'path' ? () => realpathSync(path) : undefined);
}

/** Throws ENOENT when there is nothing, ENOTDIR or ELOOP for anything but a folder; a link is not followed. */
export function openChild(parent: Directory, name: string, access: DirectoryAccess): Directory {
  const path = parent.at(name);
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  return openAs(descriptor, access === 'path' ? () => path : undefined);
}

/** Makes what was written to an open file, or the entries of an open folder, survive a power cut. */
export const flush: (descriptor: number) => Promise<void> = promisify(fsync);

/** What root makes in another user's folder has to be that user's, or they cannot go on there. */
export function giveToOwnerOf(folder: Directory, descriptor: number): void {
  const {uid, gid} = folder.stat;
  if (effectiveUserId() !== 0) return;
  const stat = fstatSync(descriptor, {bigint: true});
  if (stat.uid !== uid || stat.gid !== gid) fchownSync(descriptor, Number(uid), Number(gid));
}

export function sameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

function openAs(descriptor: number, pathOf: (() => string) | undefined): Directory {
  const close = (): void => closeSync(descriptor);
  try {
    const stat = fstatSync(descriptor, {bigint: true});
    const path = pathOf?.();
    if (path === undefined) {
      return {descriptor, stat, close, at: name => `/proc/self/fd/${descriptor}/${name}`, isSame: () => true};
    }
    const isSame = (): boolean => realpathSync(path) === path && sameFile(lstatSync(path, {bigint: true}), stat);
    return {descriptor, stat, close, at: name => join(path, name), isSame};
  } catch (error) {
    close();
    throw error;
  }
}
