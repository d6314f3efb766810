import {statSync} from 'node:fs';
import {statfs} from 'node:fs/promises';
import type {SandboxLimits} from '../domain/sandbox.ts';
import {countFiles, type FolderSize} from './count-files.ts';
import {hiddenFiles} from './hidden-files.ts';
import {type Held, holdStill} from './hold-still.ts';

export interface DiskWatchOptions {
  /** Folders in which the sandbox can write to a disk. */
  readonly folders: readonly string[];
  readonly limits: Pick<SandboxLimits, 'files' | 'diskBytes'>;
}

// Times of files are those of the last tick of the kernel.
const tickMs = 20;

/**
 * Looks at how full the disks are, which costs nothing, and counts what a sandbox has added only when they have become fuller by more
 * than it may: others write to them too. Where its processes hide what they hold, the disks are believed.
 */
export class DiskWatch {
  readonly #folders: readonly string[];
  readonly #limits: DiskWatchOptions['limits'];
  readonly #disks: ReadonlyMap<number, string>;
  readonly #startedAt = Date.now() - tickMs;
  /** Names in the folders at the start; counted while the command already runs, so at worst a little too high. */
  readonly #filesAtStart: Promise<number>;
  readonly #usedAtStart: Promise<FolderSize>;
  /** What the disks held when the sandbox was last found to be within its limits. */
  #cleared: FolderSize = {files: 0, bytes: 0};

  constructor({folders, limits}: DiskWatchOptions) {
    this.#folders = folders;
    this.#limits = limits;
    this.#disks = new Map(folders.map(folder => [statSync(folder).dev, folder]));
    const many = {files: 20 * limits.files, bytes: 0};
    this.#filesAtStart = countFiles(folders, {limits: many}).then(({files}) => files);
    this.#usedAtStart = this.#used();
  }

  /** `pid` is the first process of the sandbox, `temporary` its file systems that are memory, as this machine reaches them. */
  async look(pid: number, temporary: readonly string[]): Promise<'files' | 'disk' | undefined> {
    const start = await this.#usedAtStart;
    const now = await this.#used();
    const grown = {files: now.files - start.files, bytes: now.bytes - start.bytes};
    const suspect = {
      files: grown.files - this.#cleared.files > this.#limits.files,
      bytes: grown.bytes - this.#cleared.bytes > this.#limits.diskBytes,
    };
    if (!suspect.files && !suspect.bytes) return undefined;
    const held = await holdStill(pid);
    try {
      const limit = await this.#judge(suspect, held, temporary);
      if (limit !== undefined) return limit;
    } finally {
      held.release();
    }
    this.#cleared = {
      files: suspect.files ? grown.files - this.#limits.files / 2 : this.#cleared.files,
      bytes: suspect.bytes ? grown.bytes - this.#limits.diskBytes / 2 : this.#cleared.bytes,
    };
    return undefined;
  }

  async #judge(
    suspect: {readonly files: boolean; readonly bytes: boolean},
    held: Held,
    temporary: readonly string[],
  ): Promise<'files' | 'disk' | undefined> {
    const memory = new Set(temporary.flatMap(folder => statSync(folder, {throwIfNoEntry: false})?.dev ?? []));
    const hidden = await hiddenFiles(held.pids, {disks: new Set(this.#disks.keys()), memory});
    const isKnown = held.isComplete && hidden.isComplete;
    if (suspect.files && (!isKnown || (await this.#hasTooMany(hidden.files)))) return 'files';
    if (suspect.bytes && (!isKnown || (await this.#hasTooMuch(hidden.bytes)))) return 'disk';
    return undefined;
  }

  async #hasTooMany(hidden: number): Promise<boolean> {
    const most = this.#limits.files + (await this.#filesAtStart) - hidden;
    return (await countFiles(this.#folders, {limits: {files: most, bytes: 0}})).files > most;
  }

  async #hasTooMuch(hidden: number): Promise<boolean> {
    const limits = {files: Number.MAX_SAFE_INTEGER, bytes: this.#limits.diskBytes - hidden};
    const {files, bytes} = await countFiles(this.#folders, {limits, changedSince: this.#startedAt});
    return bytes > limits.bytes || files > limits.files;
  }

  async #used(): Promise<FolderSize> {
    const all = await Promise.all([...this.#disks.values()].map(usedOf));
    return {
      files: all.reduce((sum, {files}) => sum + files, 0),
      bytes: all.reduce((sum, {bytes}) => sum + bytes, 0),
    };
  }
}

/** What a file system holds. */
export async function usedOf(folder: string): Promise<FolderSize> {
  try {
    const {files, ffree, blocks, bfree, bsize} = await statfs(folder);
    return {files: files - ffree, bytes: (blocks - bfree) * bsize};
  } catch {
    // The sandbox has just ended, and its file systems with it.
    return {files: 0, bytes: 0};
  }
}
