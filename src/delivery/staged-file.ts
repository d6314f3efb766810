import {createHash} from 'node:crypto';
import {type BigIntStats, constants} from 'node:fs';
import {type FileHandle, lstat, open, rename, unlink} from 'node:fs/promises';
import {JobFailure} from '../domain/outcome.ts';
import {type Directory, sameFile} from '../util/directory.ts';
import {quoteText} from '../util/quote-text.ts';
import {assertUntouched, type CurrentFile} from './current-file.ts';
import {nameOf} from './work-tree.ts';
import {errorCode, writeFailure} from './write-failure.ts';

/** New content, whole and on the disk, beside the place where it belongs. */
export interface StagedFile {
  readonly path: string;
  readonly folder: Directory;
  /** Throws when `current` is no longer there, or this file is not. */
  assertReady(): Promise<void>;
  /** Puts it in place of `current`, in one step; throws when `current` is no longer there. */
  land(): Promise<void>;
  /** Removes it when it has not landed. */
  discard(): Promise<void>;
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
    await assertInPlace(path, folder);
    written = await writeTemporary(content, temporary);
  } catch (error) {
    throw writeFailure(error, path);
  }
  let landed = false;
  const assertReady = async (): Promise<void> => {
    try {
      // Another process that cleans up or writes the same path could have taken the name.
      if (!sameFile(await lstat(folder.at(temporary), {bigint: true}), written) || !(await folder.isSame())) {
        throw new JobFailure('path-not-a-file', `${quoteText(path)} was replaced while it was being written.`);
      }
      await assertUntouched(folder, name, path, current);
    } catch (error) {
      throw writeFailure(error, path);
    }
  };
  return {
    path,
    folder,
    assertReady,
    land: async () => {
      await assertReady();
      try {
        await rename(folder.at(temporary), folder.at(name));
        landed = true;
        const now = await lstat(folder.at(name), {bigint: true});
        if (sameFile(now, written) && now.size === BigInt(content.bytes.length)) return;
        throw new JobFailure('path-not-a-file', `${quoteText(path)} was replaced as soon as it was written.`);
      } catch (error) {
        throw writeFailure(error, path);
      }
    },
    discard: async () => {
      if (landed) return;
      // On the way out of a failure already; the next delivery to this path removes it.
      await removeIfSame(folder, temporary, written).catch(() => {});
    },
  };
}

export async function assertInPlace(path: string, folder: Directory): Promise<void> {
  if (await folder.isSame()) return;
  throw new JobFailure('path-not-a-file', `The folder of ${quoteText(path)} was moved away.`);
}

/** Always the same for a path, so that whatever a crash leaves behind is found again, and nothing else is taken for it. */
export function temporaryName(path: string): string {
  return `.orchestrator-${createHash('sha256').update(path).digest('hex').slice(0, 16)}.tmp`;
}

async function writeTemporary(content: StagedContent, name: string): Promise<BigIntStats> {
  const {folder, bytes, current} = content;
  const handle = await createTemporary(content, name);
  try {
    await writeAll(handle, bytes);
    const created = await handle.stat({bigint: true});
    const owner = current?.stat ?? folder.stat;
    if (content.userId === 0 && (owner.uid !== created.uid || owner.gid !== created.gid)) {
      await handle.chown(Number(owner.uid), Number(owner.gid));
    }
    const mode = modeOf(Number(current?.stat.mode ?? created.mode) & 0o777, content.executable);
    if (mode !== (Number(created.mode) & 0o777)) await handle.chmod(mode);
    await handle.sync();
    return created;
  } catch (error) {
    const created = await handle.stat({bigint: true});
    await removeIfSame(folder, name, created).catch(() => {});
    throw error;
  } finally {
    await handle.close();
  }
}

/** Whoever may read it may run it, as git has it. */
function modeOf(mode: number, executable: boolean | undefined): number {
  if (executable === undefined) return mode;
  return executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111;
}

async function createTemporary(content: StagedContent, name: string): Promise<FileHandle> {
  const {folder, current} = content;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  // A replacement is never readable by more people than what it replaces; the umask decides about a new file.
  const mode = current === undefined ? 0o666 : 0o600;
  try {
    return await open(folder.at(name), flags, mode);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    await removeLeftover(content, name);
    return await open(folder.at(name), flags, mode);
  }
}

/** Of a delivery that was killed. Only a plain file of ours with this very name, which the repo does not track. */
async function removeLeftover(
  {path, folder, current, isCommitted, userId}: StagedContent,
  name: string,
): Promise<void> {
  const leftover = await lstat(folder.at(name), {bigint: true});
  const owners = [userId, Number(current?.stat.uid ?? folder.stat.uid)];
  const isOurs = leftover.isFile() && leftover.nlink === 1n && owners.includes(Number(leftover.uid));
  const beside = path.slice(0, path.lastIndexOf('/') + 1) + name;
  if (!isOurs || isCommitted(beside)) {
    throw new JobFailure('path-not-a-file', `${quoteText(beside)} is in the way of writing ${quoteText(path)}.`);
  }
  await unlink(folder.at(name));
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    offset += (await handle.write(bytes, offset, bytes.length - offset, offset)).bytesWritten;
  }
}

async function removeIfSame(folder: Directory, name: string, written: BigIntStats): Promise<void> {
  if (sameFile(await lstat(folder.at(name), {bigint: true}), written)) await unlink(folder.at(name));
}
