import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
} from 'node:fs';
import {detectDirectoryAccess} from '../util/directory.ts';
import {readBytes} from '../util/read-small-file.ts';
import {OpenFolders} from './open-folders.ts';

export interface FoundEntry {
  readonly name: Buffer;
  readonly stat: BigIntStats;
}

/**
 * A folder of ours in which others have written. Every step of a path is opened without following a link, and nothing waits for a pipe.
 * Each call is short, but for `list` of a large folder, which rests. Folders that lie near the last one are reached in few steps.
 */
export class UntrustedFolder {
  readonly #folders: OpenFolders;

  constructor(root: string) {
    this.#folders = new OpenFolders(root, detectDirectoryAccess() === 'descriptor');
  }

  /** Entries of a folder, in the order of their names; none when it is gone or became something else. */
  async list(folder: string, rest: () => Promise<void> | undefined): Promise<FoundEntry[]> {
    return await orGone([], async () => {
      const at = this.#folders.enter(folder);
      const entries: FoundEntry[] = [];
      for (const name of readdirSync(at(Buffer.alloc(0)), {encoding: 'buffer'}).sort(Buffer.compare)) {
        await rest();
        entries.push({name, stat: lstatSync(at(name), {bigint: true})});
      }
      return entries;
    });
  }

  async isEmpty(folder: string): Promise<boolean> {
    return await orGone(true, () => readdirSync(this.#folders.enter(folder)(Buffer.alloc(0))).length === 0);
  }

  /** Content of a regular file of at most `maxBytes`, or of a link; undefined when it is anything else. */
  read(path: string, maxBytes: number): Buffer | undefined {
    const slash = path.lastIndexOf('/');
    const target = this.#folders.enter(path.slice(0, Math.max(0, slash)))(Buffer.from(path.slice(slash + 1)));
    const stat = lstatSync(target);
    if (stat.isSymbolicLink()) return readlinkSync(target, {encoding: 'buffer'});
    if (!stat.isFile() || stat.size > maxBytes) return undefined;
    // The folder is ours: what a command locked in it is opened again.
    if ((stat.mode & 0o400) === 0 && process.geteuid?.() !== 0) chmodSync(target, 0o600);
    return readFile(openSync(target, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK), maxBytes);
  }

  close(): void {
    this.#folders.close();
  }
}

async function orGone<Value>(gone: Value, look: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await look();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return gone;
    throw error;
  }
}

function readFile(descriptor: number, maxBytes: number): Buffer | undefined {
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > maxBytes) return undefined;
    return readBytes(descriptor, stat.size);
  } finally {
    closeSync(descriptor);
  }
}
