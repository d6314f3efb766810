import type {SandboxLimits} from '../domain/sandbox.ts';
import type {ControlGroup} from './control-group.ts';
import type {SandboxesHere} from './machine-memory.ts';
import {processTree} from './process-tree.ts';
import type {SandboxEnd} from './sandbox.ts';
import {DiskWatch, usedOf} from './watch-disk.ts';
import {MemoryWatch} from './watch-memory.ts';

export type Limit = Extract<SandboxEnd, {kind: 'limit'}>['limit'];

export interface WatchOptions {
  /** First process of the sandbox, as this machine numbers it. */
  readonly pid: number;
  /** Folders in which it can write to a disk. */
  readonly writable: readonly string[];
  /** Temporary file systems of the sandbox, as it names them. */
  readonly temporary: readonly string[];
  readonly limits: SandboxLimits;
  /** Where the kernel counts memory. */
  readonly group?: ControlGroup | undefined;
  /** False where its sockets are not to be told from those of the machine. */
  readonly ownNetwork: boolean;
  readonly sandboxes: SandboxesHere;
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
    watch.end();
  };
}

class Watch {
  readonly #options: WatchOptions;
  readonly #disk: DiskWatch;
  readonly #memory: MemoryWatch;
  #looksAtFullTable = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#disk = new DiskWatch({folders: options.writable, limits: options.limits});
    this.#memory = new MemoryWatch({...options, memoryBytes: options.limits.memoryBytes});
  }

  end(): void {
    this.#memory.end();
  }

  async look(): Promise<Limit | undefined> {
    const {pid, temporary, limits} = this.#options;
    const processes = processTree(pid);
    const threads = processes.reduce((total, process) => total + process.threads, 0);
    // A short peak is left to the limit of the kernel; who stays there is a fork bomb.
    this.#looksAtFullTable = threads >= limits.processes * 0.95 ? this.#looksAtFullTable + 1 : 0;
    if (this.#looksAtFullTable > 3) return 'processes';
    const folders = temporary.map(folder => `/proc/${pid}/root${folder}`);
    const temporaries = await Promise.all(folders.map(usedOf));
    const inMemory = temporaries.reduce((sum, {bytes}) => sum + bytes, 0);
    if (this.#memory.isOver(processes, inMemory)) return 'memory';
    if (temporaries.reduce((sum, {files}) => sum + files, 0) > limits.files) return 'files';
    return await this.#disk.look(pid, folders);
  }
}
