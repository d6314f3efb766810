import {chmodSync, closeSync, constants, lstatSync, openSync} from 'node:fs';

/** So many of the deepest stay open: a tree may be deeper than a process may have files. */
const maxOpen = 64;

interface OpenFolder {
  readonly descriptor: number;
  /** Its number of folders below the root. */
  readonly depth: number;
}

/**
 * Goes from folder to folder below a root, one open at a time with those above it, and opens only what differs from the last one. No link
 * is followed. What is deeper than the root's own mode lets us is made accessible: the folder is ours.
 */
export class OpenFolders {
  readonly #root: string;
  readonly #byDescriptor: boolean;
  /** Names that lead to the deepest one that is open. */
  #names: string[] = [];
  /** From above to below. */
  #open: OpenFolder[] = [];

  constructor(root: string, byDescriptor: boolean) {
    this.#root = root;
    this.#byDescriptor = byDescriptor;
  }

  /** Gives the path for a system call that reaches an entry of the folder, which stays right until another folder is entered. */
  enter(folder: string): (name: Buffer) => Buffer {
    const wanted = folder === '' ? [] : folder.split('/');
    let common = 0;
    while (common < wanted.length && wanted[common] === this.#names[common]) common++;
    while ((this.#open.at(-1)?.depth ?? 0) > common) closeSync(this.#open.pop()!.descriptor);
    if (this.#open.length === 0) this.#push(openSync(this.#root, flags), 0);
    this.#names = wanted.slice(0, this.#open.at(-1)!.depth);
    while (this.#names.length < wanted.length) {
      const name = wanted[this.#names.length]!;
      const path = this.#pathOf(Buffer.from(name));
      const stat = lstatSync(path);
      if (stat.isDirectory() && (stat.mode & 0o700) !== 0o700 && process.geteuid?.() !== 0) chmodSync(path, 0o700);
      this.#push(openSync(path, flags), this.#names.length + 1);
      this.#names.push(name);
    }
    return name => this.#pathOf(name);
  }

  close(): void {
    for (const {descriptor} of this.#open) closeSync(descriptor);
    this.#open = [];
    this.#names = [];
  }

  #push(descriptor: number, depth: number): void {
    this.#open.push({descriptor, depth});
    if (this.#open.length > maxOpen) closeSync(this.#open.shift()!.descriptor);
  }

  #pathOf(name: Buffer): Buffer {
    const folder = this.#byDescriptor
      ? `/proc/self/fd/${this.#open.at(-1)!.descriptor}/`
      : `${[this.#root, ...this.#names].join('/')}/`;
    return Buffer.concat([Buffer.from(folder), name]);
  }
}

const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
