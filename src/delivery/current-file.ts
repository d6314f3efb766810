import {type BigIntStats, constants} from 'node:fs';
import {lstat, open} from 'node:fs/promises';
import {JobFailure} from '../domain/outcome.ts';
import {type Directory, sameFile} from '../util/directory.ts';
import {quoteText} from '../util/quote-text.ts';
import {errorCode, writeFailure} from './write-failure.ts';

/** A regular file as it was found, with one name only. */
export interface CurrentFile {
  readonly stat: BigIntStats;
  readonly bytes: Buffer;
}

const maxBytes = 64 * 1024 * 1024;

/** What is at the path, or undefined when nothing is. Throws `path-not-a-file` for a link, device, FIFO, socket or folder, without opening it. */
export async function readCurrentFile(folder: Directory, name: string, path: string): Promise<CurrentFile | undefined> {
  const stat = await statEntry(folder, name, path);
  if (stat === undefined) return undefined;
  const kind = whatElse(stat);
  if (kind !== undefined) throw new JobFailure('path-not-a-file', `${quoteText(path)} is ${kind}.`);
  // A rename would replace it all the same; whoever made it read-only did not want that.
  if ((stat.mode & 0o222n) === 0n) throw new JobFailure('write-denied', `${quoteText(path)} is read-only.`);
  try {
    // Without O_NONBLOCK a FIFO that was put there since would block for ever.
    const handle = await open(folder.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const opened = await handle.stat({bigint: true});
      if (!sameFile(opened, stat) || !opened.isFile()) throw changedMeanwhile(path);
      const bytes = Buffer.allocUnsafe(Number(opened.size));
      let length = 0;
      while (length < bytes.length) {
        const {bytesRead} = await handle.read(bytes, length, bytes.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return {stat: opened, bytes: bytes.subarray(0, length)};
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw writeFailure(error, path);
  }
}

/** Throws when the path no longer holds what `readCurrentFile` saw. */
export async function assertUntouched(
  folder: Directory,
  name: string,
  path: string,
  seen: CurrentFile | undefined,
): Promise<void> {
  const now = await statEntry(folder, name, path);
  if (now === undefined && seen === undefined) return;
  if (now === undefined || seen === undefined || !sameVersion(now, seen.stat)) throw changedMeanwhile(path);
}

async function statEntry(folder: Directory, name: string, path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(folder.at(name), {bigint: true});
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw writeFailure(error, path);
  }
}

function whatElse(stat: BigIntStats): string | undefined {
  if (stat.isSymbolicLink()) return 'a symbolic link';
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFIFO()) return 'a FIFO';
  if (stat.isSocket()) return 'a socket';
  if (!stat.isFile()) return 'a device';
  if (stat.nlink !== 1n) return `a file with ${stat.nlink} names (hard links)`;
  if (stat.size > BigInt(maxBytes)) return `a file of ${stat.size} bytes, too large to be replaced`;
  return undefined;
}

function sameVersion(a: BigIntStats, b: BigIntStats): boolean {
  return sameFile(a, b) && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

export function changedMeanwhile(path: string): JobFailure {
  return new JobFailure(
    'uncommitted-changes',
    `${quoteText(path)} was changed by someone else during the delivery; it was left alone.`,
  );
}
