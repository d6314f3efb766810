import {readFileSync} from 'node:fs';
import {statfs} from 'node:fs/promises';
import type {SandboxLimits} from '../domain/sandbox.ts';
import {countFiles} from './count-files.ts';
import {useOfTree} from './process-tree.ts';
import type {SandboxEnd} from './sandbox.ts';

export type Limit = Extract<SandboxEnd, {kind: 'limit'}>['limit'];

export interface WatchOptions {
  /** First process of the sandbox, as this machine numbers it. */
  readonly pid: number;
  readonly workspace: string;
  /** Temporary file systems of the sandbox, as it names them. */
  readonly temporary: readonly string[];
  readonly limits: SandboxLimits;
  readonly onLimit: (limit: Limit) => void;
}

const pollMs = 200;

/** Looks again and again at what a sandbox uses, where the kernel has no limit of its own for all its processes together. Ends with the function it returns. */
export function watchLimits(options: WatchOptions): () => void {
  const watch = new Watch(options);
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const limit = await watch.look();
    if (ended) return;
    if (limit === undefined) timer = setTimeout(look, pollMs);
    else options.onLimit(limit);
  };
  void look();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

class Watch {
  readonly #options: WatchOptions;
  readonly #startedAt = Date.now();
  /** Names in the workspace at the start; counted while the command already runs, so at worst a little too high. */
  readonly #filesAtStart: Promise<number>;
  readonly #usedAtStart: Promise<Used>;
  /** What the disk held when the workspace was last found to be small enough: others write to it too. */
  #cleared: Used = {files: 0, bytes: 0};
  #looksAtFullTable = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    const unlimited = {files: 20 * options.limits.files, bytes: 0};
    this.#filesAtStart = countFiles(options.workspace, {limits: unlimited}).then(({files}) => files);
    this.#usedAtStart = usedOf(options.workspace);
  }

  async look(): Promise<Limit | undefined> {
    const {pid, temporary, limits} = this.#options;
    const {memoryBytes, threads} = useOfTree(pid);
    // A short peak is left to the limit of the kernel; who stays there is a fork bomb.
    this.#looksAtFullTable = threads >= limits.processes * 0.95 ? this.#looksAtFullTable + 1 : 0;
    if (this.#looksAtFullTable > 3) return 'processes';
    const temporaries = await Promise.all(temporary.map(folder => usedOf(`/proc/${pid}/root${folder}`)));
    const inMemory = temporaries.reduce((sum, {bytes}) => sum + bytes, 0);
    if (memoryBytes + inMemory > limits.memoryBytes || memoryIsScarce()) return 'memory';
    if (temporaries.reduce((sum, {files}) => sum + files, 0) > limits.files) return 'files';
    return await this.#lookAtWorkspace();
  }

  async #lookAtWorkspace(): Promise<Limit | undefined> {
    const {workspace, limits} = this.#options;
    const start = await this.#usedAtStart;
    const now = await usedOf(workspace);
    const files = now.files - start.files;
    const bytes = now.bytes - start.bytes;
    if (files - this.#cleared.files > limits.files) {
      const most = limits.files + (await this.#filesAtStart);
      const counted = await countFiles(workspace, {limits: {files: most, bytes: 0}});
      if (counted.files > most) return 'files';
      this.#cleared = {...this.#cleared, files: files - limits.files / 2};
    }
    if (bytes - this.#cleared.bytes > limits.diskBytes) {
      const most = {files: Number.MAX_SAFE_INTEGER, bytes: limits.diskBytes};
      const counted = await countFiles(workspace, {limits: most, changedSince: this.#startedAt});
      if (counted.bytes > limits.diskBytes || counted.files > most.files) return 'disk';
      this.#cleared = {...this.#cleared, bytes: bytes - limits.diskBytes / 2};
    }
    return undefined;
  }
}

/** What no process is charged with, such as the buffers of sockets, shows only here. */
function memoryIsScarce(): boolean {
  const info = readFileSync('/proc/meminfo', 'latin1');
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(info)?.[1] ?? Number.NaN);
  return kilobytes('MemAvailable') < Math.min(kilobytes('MemTotal') / 50, 512 * 1024);
}

interface Used {
  readonly files: number;
  readonly bytes: number;
}

async function usedOf(folder: string): Promise<Used> {
  try {
    const {files, ffree, blocks, bfree, bsize} = await statfs(folder);
    return {files: files - ffree, bytes: (blocks - bfree) * bsize};
  } catch {
    // The sandbox has just ended, and its file systems with it.
    return {files: 0, bytes: 0};
  }
}
