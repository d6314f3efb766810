import {closeSync, fstatSync, openSync, readSync, statSync} from 'node:fs';
import {StringDecoder} from 'node:string_decoder';

const chunkBytes = 64 * 1024;

/** Reads the lines that a log gained since the last time; a log that is not there yet, is rotated or cut is no trouble. */
export class LogReader {
  readonly #file: string;
  #descriptor: number | undefined;
  #inode = 0;
  #offset = 0;
  #partial = '';
  #decoder = new StringDecoder('utf8');
  #wasThere = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** True when there never was a log. */
  get isMissing(): boolean {
    return !this.#wasThere;
  }

  /** Whole lines only. */
  *readLines(): Generator<string> {
    yield* this.#readOpened();
    if (!this.#isReplaced()) return;
    yield* this.rest();
    this.close();
    yield* this.#readOpened();
  }

  /** The last line, when it does not end in a line end. */
  *rest(): Generator<string> {
    if (this.#partial !== '') yield this.#partial;
    this.#partial = '';
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  *#readOpened(): Generator<string> {
    const descriptor = this.#open();
    if (descriptor === undefined) return;
    const buffer = Buffer.allocUnsafe(chunkBytes);
    for (;;) {
      const count = readSync(descriptor, buffer, 0, chunkBytes, this.#offset);
      if (count === 0) return;
      this.#offset += count;
      const lines = (this.#partial + this.#decoder.write(buffer.subarray(0, count))).split('\n');
      this.#partial = lines.pop() ?? '';
      yield* lines;
    }
  }

  #open(): number | undefined {
    if (this.#descriptor !== undefined) return this.#descriptor;
    try {
      this.#descriptor = openSync(this.#file, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    this.#inode = fstatSync(this.#descriptor).ino;
    this.#offset = 0;
    this.#decoder = new StringDecoder('utf8');
    this.#wasThere = true;
    return this.#descriptor;
  }

  /** Another file stands at the path, or this one was cut. */
  #isReplaced(): boolean {
    if (this.#descriptor === undefined) return false;
    const now = statSync(this.#file, {throwIfNoEntry: false});
    return now !== undefined && (now.ino !== this.#inode || fstatSync(this.#descriptor).size < this.#offset);
  }
}
