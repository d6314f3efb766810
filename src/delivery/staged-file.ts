import {createHash} from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import {JobFailure} from '../domain/outcome.ts';
import {type Directory, flush, sameFile} from '../util/directory.ts';
import {quoteText} from '../util/quote-text.ts';
import {assertUntouched, type CurrentFile} from './current-file.ts';
import {nameOf} from './work-tree.ts';
import {errorCode, writeFailure} from './write-failure.ts';

/** New content, whole and on the disk, beside the place where it belongs. */
export interface StagedFile {
  readonly path: string;
  readonly folder: Directory;
  /** Throws when `current` is no longer there, or this file is not. */
  assertReady(): void;
  /** Puts it in place of `current`, in one step; throws when `current` is no longer there. */
  land(): void;
  /** Removes it when it has not landed. */
  discard(): void;
}

export interface StagedContent {
  readonly path: string;
  readonly folder: Directory;
  readonly bytes: Buffer;
  readonly current: CurrentFile | undefined;
  /** Undefined: as it is, or as the umask says for a new file. */
  readonly executable?: boolean | undefined;
  /** True for a path that the repo has a file of its own at. */
  readonly isCommitted: (path: string) => boolean;
  readonly userId: number | undefined;
}

export async function stageFile(content: StagedContent): Promise<StagedFile> {
  const {path, folder, current} = content;
  const name = nameOf(path);
  const temporary = temporaryName(path);
  let written: BigIntStats;
  try {
    assertInPlace(path, folder);
    written = await writeTemporary(content, temporary);
  } catch (error) {
    throw writeFailure(error, path);
  }
  let landed = false;
  const assertReady = (): void => {
    try {
      // Another process that cleans up or writes the same path could have taken the name.
      if (!sameFile(lstatSync(folder.at(temporary), {bigint: true}), written) || !folder.isSame()) {
        throw new JobFailure('path-not-a-file', `${quoteText(path)} was replaced while it was being written.`);
      }
      assertUntouched(folder, name, path, current);
    } catch (error) {
      throw writeFailure(error, path);
    }
  };
  return {
    path,
    folder,
    assertReady,
    land: () => {
      assertReady();
      try {
        renameSync(folder.at(temporary), folder.at(name));
        landed = true;
        const now = lstatSync(folder.at(name), {bigint: true});
        if (sameFile(now, written) && now.size === BigInt(content.bytes.length)) return;
        throw new JobFailure('path-not-a-file', `${quoteText(path)} was replaced as soon as it was written.`);
      } catch (error) {
        throw writeFailure(error, path);
      }
    },
    discard: () => {
      if (!landed) discardIfSame(folder, temporary, written);
    },
  };
}

export function assertInPlace(path: string, folder: Directory): void {
  if (folder.isSame()) return;
  throw new JobFailure('path-not-a-file', `The folder of ${quoteText(path)} was moved away.`);
}

/** Always the same for a path, so that whatever a crash leaves behind is found again, and nothing else is taken for it. */
export function temporaryName(path: string): string {
  return `.orchestrator-${createHash('sha256').update(path).digest('hex').slice(0, 16)}.tmp`;
}

async function writeTemporary(content: StagedContent, name: string): Promise<BigIntStats> {
  const {folder, bytes, current} = content;
  const descriptor = createTemporary(content, name);
  try {
    writeAll(descriptor, bytes);
    const created = fstatSync(descriptor, {bigint: true});
    const owner = current?.stat ?? folder.stat;
    if (content.userId === 0 && (owner.uid !== created.uid || owner.gid !== created.gid)) {
      fchownSync(descriptor, Number(owner.uid), Number(owner.gid));
    }
    const mode = modeOf(Number(current?.stat.mode ?? created.mode) & 0o777, content.executable);
    if (mode !== (Number(created.mode) & 0o777)) fchmodSync(descriptor, mode);
    await flush(descriptor);
    return created;
  } catch (error) {
    discardIfSame(folder, name, fstatSync(descriptor, {bigint: true}));
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Whoever may read it may run it, as git has it. */
function modeOf(mode: number, executable: boolean | undefined): number {
  if (executable === undefined) return mode;
  return executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111;
}

function createTemporary(content: StagedContent, name: string): number {
  const {folder, current} = content;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  // A replacement is never readable by more people than what it replaces; the umask decides about a new file.
  const mode = current === undefined ? 0o666 : 0o600;
  try {
    return openSync(folder.at(name), flags, mode);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    removeLeftover(content, name);
    return openSync(folder.at(name), flags, mode);
  }
}

/** Of a delivery that was killed. Only a plain file of ours with this very name, which the repo does not track. */
function removeLeftover({path, folder, current, isCommitted, userId}: StagedContent, name: string): void {
  const leftover = lstatSync(folder.at(name), {bigint: true});
  const owners = [userId, Number(current?.stat.uid ?? folder.stat.uid)];
  const isOurs = leftover.isFile() && leftover.nlink === 1n && owners.includes(Number(leftover.uid));
  const beside = path.slice(0, path.lastIndexOf('/') + 1) + name;
  if (!isOurs || isCommitted(beside)) {
    throw new JobFailure('path-not-a-file', `${quoteText(beside)} is in the way of writing ${quoteText(path)}.`);
  }
  unlinkSync(folder.at(name));
}

function writeAll(descriptor: number, bytes: Buffer): void {
  let offset = 0;
  while (offset < bytes.length) offset += writeSync(descriptor, bytes, offset, bytes.length - offset, offset);
}

/** On the way out of a failure already: what stays is removed by the next delivery to this path. */
function discardIfSame(folder: Directory, name: string, written: BigIntStats): void {
  try {
    if (sameFile(lstatSync(folder.at(name), {bigint: true}), written)) unlinkSync(folder.at(name));
  } catch {
    // Gone, or not ours to remove any more.
  }
}
