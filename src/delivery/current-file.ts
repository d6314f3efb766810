import {type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync} from 'node:fs';
import {JobFailure} from '../domain/outcome.ts';
import {type Directory, sameFile} from '../util/directory.ts';
import {quoteText} from '../util/quote-text.ts';
import {readBytes} from '../util/read-small-file.ts';
import {writeFailure} from './write-failure.ts';

/** A regular file as it was found, with one name only. */
export interface CurrentFile {
  readonly stat: BigIntStats;
  readonly bytes: Buffer;
}

const maxBytes = 64 * 1024 * 1024;

/** What is at the path, or undefined when nothing is. Throws `path-not-a-file` for a link, device, FIFO, socket or folder, without opening it. */
export function readCurrentFile(folder: Directory, name: string, path: string): CurrentFile | undefined {
  const stat = statEntry(folder, name, path);
  if (stat === undefined) return undefined;
  const kind = whatElse(stat);
  if (kind !== undefined) throw new JobFailure('path-not-a-file', `${quoteText(path)} is ${kind}.`);
  // A rename would replace it all the same; whoever made it read-only did not want that.
  if ((stat.mode & 0o222n) === 0n) throw new JobFailure('write-denied', `${quoteText(path)} is read-only.`);
  try {
    // Without O_NONBLOCK a FIFO that was put there since would block for ever.
    const descriptor = openSync(folder.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const opened = fstatSync(descriptor, {bigint: true});
      if (!sameFile(opened, stat) || !opened.isFile()) throw changedMeanwhile(path);
      return {stat: opened, bytes: readBytes(descriptor, Number(opened.size))};
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw writeFailure(error, path);
  }
}

/** Throws when the path no longer holds what `readCurrentFile` saw. */
export function assertUntouched(folder: Directory, name: string, path: string, seen: CurrentFile | undefined): void {
  const now = statEntry(folder, name, path);
  if (now === undefined && seen === undefined) return;
  if (now === undefined || seen === undefined || !sameVersion(now, seen.stat)) throw changedMeanwhile(path);
}

function statEntry(folder: Directory, name: string, path: string): BigIntStats | undefined {
  try {
    return lstatSync(folder.at(name), {bigint: true, throwIfNoEntry: false});
  } catch (error) {
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
