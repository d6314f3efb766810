import {hash} from 'node:crypto';
import type {ObjectFormat} from './git-directory.ts';

export interface ObjectReply {
  readonly id: string;
  readonly type: string;
  readonly size: number;
  /** Absent when only information was asked for, or when it is larger than allowed. Shares memory with its neighbours: turn it into what is kept. */
  readonly content?: Buffer;
  /** The content does not have this id. */
  readonly forged: boolean;
}

interface Batch {
  readonly count: number;
  readonly hasContent: boolean;
  readonly maxBytes: number;
  readonly replies: (ObjectReply | undefined)[];
  resolve(replies: (ObjectReply | undefined)[]): void;
  reject(error: Error): void;
}

const lineFeed = 0x0a;
const longestHeader = 8192;

/** Cuts the output of `git cat-file --batch-command` into replies, and checks each content against its id without copying it. */
export class ReplyParser {
  readonly #format: ObjectFormat;
  readonly #idLength: number;
  readonly #batches: Batch[] = [];
  #first = 0;
  /** Bytes not yet understood: `#buffer[#start, #end)`. */
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** Bytes of an object that is too large and still to come. */
  #toSkip = 0;
  /** Bytes the reply under way needs, so that a large one is copied once. */
  #needed = 0;
  #failure: Error | undefined;

  constructor(format: ObjectFormat) {
    this.#format = format;
    this.#idLength = format === 'sha1' ? 40 : 64;
  }

  expect(count: number, hasContent: boolean, maxBytes: number): Promise<(ObjectReply | undefined)[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#batches.push({count, hasContent, maxBytes, replies: [], resolve, reject});
    });
  }

  fail(error: Error): void {
    this.#failure ??= error;
    for (const batch of this.#batches.splice(0).slice(this.#first)) batch.reject(error);
    this.#first = 0;
  }

  /** False when the bytes make no sense. */
  push(chunk: Buffer): boolean {
    this.#append(chunk);
    for (;;) {
      const batch = this.#batches[this.#first];
      if (batch === undefined) return this.#start === this.#end && this.#toSkip === 0;
      const outcome = this.#skip() ? this.#next(batch) : 'wait';
      if (outcome === 'wait') return true;
      if (outcome === 'nonsense') return false;
      if (batch.replies.length === batch.count) this.#finish(batch);
    }
  }

  #finish(batch: Batch): void {
    this.#first++;
    if (this.#first > 64) {
      this.#batches.splice(0, this.#first);
      this.#first = 0;
    }
    batch.resolve(batch.replies);
  }

  #append(chunk: Buffer): void {
    const left = this.#end - this.#start;
    if (left === 0) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    if (this.#end + chunk.length > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#needed, (left + chunk.length) * 2));
      this.#buffer.copy(larger, 0, this.#start, this.#end);
      this.#buffer = larger;
      this.#start = 0;
      this.#end = left;
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** True when nothing (more) is to be skipped. */
  #skip(): boolean {
    const count = Math.min(this.#toSkip, this.#end - this.#start);
    this.#start += count;
    this.#toSkip -= count;
    return this.#toSkip === 0;
  }

  #next(batch: Batch): 'wait' | 'done' | 'nonsense' {
    const lineEnd = this.#buffer.subarray(0, this.#end).indexOf(lineFeed, this.#start);
    if (lineEnd === -1) return this.#end - this.#start > longestHeader ? 'nonsense' : 'wait';
    const start = this.#start;
    const header = this.#buffer.toString('latin1', start, lineEnd);
    if (header.endsWith(' missing')) {
      this.#start = lineEnd + 1;
      batch.replies.push(undefined);
      return 'done';
    }
    const id = header.slice(0, this.#idLength);
    const [type = '', sizeText = ''] = header.slice(this.#idLength + 1).split(' ');
    const size = Number(sizeText);
    if (!/^[0-9a-f]+$/.test(id) || !Number.isSafeInteger(size) || sizeText === '') return 'nonsense';
    if (!batch.hasContent) {
      this.#start = lineEnd + 1;
      batch.replies.push({id, type, size, forged: false});
      return 'done';
    }
    if (size > batch.maxBytes) {
      this.#start = lineEnd + 1;
      this.#toSkip = size + 1;
      batch.replies.push({id, type, size, forged: false});
      return 'done';
    }
    const end = lineEnd + 1 + size;
    this.#needed = end + 1 - start;
    if (this.#end < end + 1) return 'wait';
    if (this.#buffer[end] !== lineFeed) return 'nonsense';
    this.#start = end + 1;
    // An object's id is the hash of `type SP size NUL content`, and that is what stands here but for the line feed.
    this.#buffer[lineEnd] = 0;
    const forged = hash(this.#format, this.#buffer.subarray(start + this.#idLength + 1, end)) !== id;
    batch.replies.push({id, type, size, content: this.#buffer.subarray(lineEnd + 1, end), forged});
    return 'done';
  }
}
