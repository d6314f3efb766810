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

export interface FoundEntry {
  readonly name: Buffer;
  readonly stat: BigIntStats;
}

const {O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK} = constants;

/**
 * A folder of ours in which others have written. Every step of a path is opened without following a link, and nothing waits for a pipe.
 * Synchronous: the folder is on a disk of ours, and there are many entries.
 */
export class UntrustedFolder {
  readonly #root: string;
  readonly #byDescriptor = detectDirectoryAccess() === 'descriptor';

  constructor(root: string) {
    this.#root = root;
  }

  /** Entries of a folder, in the order of their names; none when it is gone or became something else. */
  list(folder: string): FoundEntry[] {
    try {
      return this.#inside(folder, at => {
        const names = readdirSync(at(Buffer.alloc(0)), {encoding: 'buffer'}).sort(Buffer.compare);
        return names.map(name => ({name, stat: lstatSync(at(name), {bigint: true})}));
      });
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw error;
    }
  }

  /** Content of a regular file of at most `maxBytes`, or of a link; undefined when it is anything else. */
  read(path: string, maxBytes: number): Buffer | undefined {
    const slash = path.lastIndexOf('/');
    return this.#inside(path.slice(0, Math.max(0, slash)), at => {
      const target = at(Buffer.from(path.slice(slash + 1)));
      const stat = lstatSync(target);
      if (stat.isSymbolicLink()) return readlinkSync(target, {encoding: 'buffer'});
      if (!stat.isFile() || stat.size > maxBytes) return undefined;
      if ((stat.mode & 0o400) === 0) makeReadable(target, 0o600);
      return readFile(openSync(target, O_RDONLY | O_NOFOLLOW | O_NONBLOCK), maxBytes);
    });
  }

  #inside<Value>(folder: string, use: (at: (name: Buffer) => Buffer) => Value): Value {
    let descriptor = openSync(this.#root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    let real = this.#root;
    const at = (name: Buffer): Buffer =>
      Buffer.concat([Buffer.from(this.#byDescriptor ? `/proc/self/fd/${descriptor}/` : `${real}/`), name]);
    try {
      for (const segment of folder === '' ? [] : folder.split('/')) {
        const child = at(Buffer.from(segment));
        const stat = lstatSync(child);
        if (stat.isDirectory() && (stat.mode & 0o700) !== 0o700) makeReadable(child, 0o700);
        const next = openSync(child, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        closeSync(descriptor);
        descriptor = next;
        real = `${real}/${segment}`;
      }
      return use(at);
    } finally {
      closeSync(descriptor);
    }
  }
}

/** The folder is ours: what a command locked in it is opened again. */
function makeReadable(at: Buffer, mode: number): void {
  if (process.geteuid?.() !== 0) chmodSync(at, mode);
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
