import {closeSync, constants, fstatSync, openSync, readSync} from 'node:fs';
import {applyDelta, readDeltaSizes} from './apply-delta.ts';
import {inflateExactly, inflateStart, longestPacked, startBytes} from './inflate.ts';
import type {PackIndex} from './pack-index.ts';
import type {StoredObject} from './stored-object.ts';

const idBytes = 20;
const windowBytes = 32 * 1024;
/** Bases of deltas that are kept, since neighbours mostly share them. */
const keptBytes = 2 * 1024 * 1024;
/** git makes chains of at most 50, with `--aggressive` once of 250. */
const longestChain = 300;
/** Asked for its size, a delta of so many bytes is inflated whole: it is wanted next. */
const smallDeltaBytes = 64 * 1024;
const maxDeltaBytes = 64 * 1024 * 1024;

interface Entry {
  readonly type: number;
  readonly size: number;
  /** Where the packed bytes begin. */
  readonly start: number;
  /** Of a delta. */
  readonly base?: number;
}

const types: Readonly<Record<number, string>> = {1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag'};

/** One pack (SHA-1), open until it is closed. Answers nothing that does not make sense; then git is to be asked. */
export class PackFile {
  readonly #path: string;
  readonly #index: PackIndex;
  #descriptor: number | undefined;
  #size = 0;
  /** Bytes of the pack from `#windowStart` on, `#windowLength` of them. */
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;
  #windowLength = 0;
  readonly #kept = new Map<number, Buffer>();
  #keptBytes = 0;
  #last: {readonly start: number; readonly bytes: Buffer | undefined} | undefined;

  constructor(path: string, index: PackIndex) {
    this.#path = path;
    this.#index = index;
  }

  /** The object without its content where that is larger than `maxBytes`; undefined when it is not here, or cannot be read. */
  read(id: Buffer, maxBytes: number): StoredObject | undefined {
    const offset = this.#index.find(id);
    if (offset === undefined || !this.#open()) return undefined;
    const chain = this.#chainAt(offset);
    if (chain === undefined) return undefined;
    const type = types[chain.root.type]!;
    const size = this.#sizeOf(chain.deltas[0] ?? chain.root);
    if (size === undefined) return undefined;
    if (size > maxBytes) return {type, size};
    const content = this.#build(chain);
    return content === undefined || content.length !== size ? undefined : {type, size, content};
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#window = Buffer.alloc(0);
    this.#windowLength = 0;
    this.#kept.clear();
    this.#keptBytes = 0;
    this.#last = undefined;
  }

  #open(): boolean {
    if (this.#descriptor !== undefined) return true;
    try {
      this.#descriptor = openSync(this.#path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const stat = fstatSync(this.#descriptor);
      this.#size = stat.isFile() ? stat.size - idBytes : 0;
      return true;
    } catch {
      // Repacked meanwhile, or not ours to read; git says which.
      return false;
    }
  }

  /** The entry and those that it is a delta of, the last of them whole. */
  #chainAt(offset: number): {deltas: Entry[]; root: Entry} | undefined {
    const deltas: Entry[] = [];
    for (let at: number | undefined = offset; at !== undefined && deltas.length <= longestChain; ) {
      const entry = this.#entryAt(at);
      if (entry === undefined) return undefined;
      if (types[entry.type] !== undefined) return {deltas, root: entry};
      deltas.push(entry);
      at = entry.base;
    }
    return undefined;
  }

  #entryAt(offset: number): Entry | undefined {
    const bytes = this.#bytes(offset, 64);
    let at = 0;
    let byte = bytes[at++] ?? 0;
    const type = (byte >> 4) & 7;
    let size = byte & 15;
    for (let factor = 16; byte >= 0x80; factor *= 128) {
      if (at === 9 || at >= bytes.length) return undefined;
      byte = bytes[at++]!;
      size += (byte & 0x7f) * factor;
    }
    const entry = {type, size};
    if (types[type] !== undefined) return {...entry, start: offset + at};
    if (type === 7) {
      if (at + idBytes > bytes.length) return undefined;
      const base = this.#index.find(Buffer.from(bytes.subarray(at, at + idBytes)));
      return base === undefined ? undefined : {...entry, start: offset + at + idBytes, base};
    }
    if (type !== 6 || at >= bytes.length) return undefined;
    byte = bytes[at++]!;
    let distance = byte & 0x7f;
    for (let count = 0; byte >= 0x80; count++) {
      if (count === 6 || at >= bytes.length) return undefined;
      byte = bytes[at++]!;
      distance = (distance + 1) * 128 + (byte & 0x7f);
    }
    // A base comes before what is made from it, so that there is no way round in a circle.
    return distance > 0 && distance <= offset ? {...entry, start: offset + at, base: offset - distance} : undefined;
  }

  #sizeOf(entry: Entry): number | undefined {
    if (entry.base === undefined) return entry.size;
    const start =
      entry.size <= smallDeltaBytes ? this.#inflate(entry) : inflateStart(this.#bytes(entry.start, startBytes));
    return start === undefined ? undefined : readDeltaSizes(start)?.target;
  }

  #build({deltas, root}: {deltas: readonly Entry[]; root: Entry}): Buffer | undefined {
    let content = this.#kept.get(root.start) ?? this.#inflate(root);
    if (deltas.length > 0) this.#keep(root, content);
    for (const entry of deltas.toReversed()) {
      content = this.#kept.get(entry.start) ?? this.#apply(entry, content);
      if (content === undefined) return undefined;
      if (entry !== deltas[0]) this.#keep(entry, content);
    }
    return content;
  }

  #apply(entry: Entry, base: Buffer | undefined): Buffer | undefined {
    const delta = base === undefined ? undefined : this.#inflate(entry);
    if (base === undefined || delta === undefined) return undefined;
    const target = readDeltaSizes(delta)?.target;
    return target === undefined || target > maxDeltaBytes ? undefined : applyDelta(base, delta);
  }

  #keep({start}: Entry, content: Buffer | undefined): void {
    if (content === undefined || content.length > keptBytes / 4 || this.#kept.has(start)) return;
    if (this.#keptBytes + content.length > keptBytes) {
      this.#kept.clear();
      this.#keptBytes = 0;
    }
    this.#kept.set(start, content);
    this.#keptBytes += content.length;
  }

  #inflate({start, size}: Entry): Buffer | undefined {
    if (size > maxDeltaBytes) return undefined;
    if (this.#last?.start === start) return this.#last.bytes;
    const bytes = inflateExactly(this.#bytes(start, longestPacked(size)), size);
    this.#last = size <= smallDeltaBytes ? {start, bytes} : undefined;
    return bytes;
  }

  /** At least so many bytes from there on, or all that are left before the checksum at the end. Good until the next call. */
  #bytes(offset: number, count: number): Buffer {
    const length = Math.min(count, this.#size - offset);
    if (length <= 0 || this.#descriptor === undefined) return Buffer.alloc(0);
    const from = offset - this.#windowStart;
    if (from < 0 || from + length > this.#windowLength) {
      const wanted = Math.min(Math.max(length, windowBytes), this.#size - offset);
      if (wanted > this.#window.length) this.#window = Buffer.allocUnsafeSlow(wanted);
      this.#windowLength = readSync(this.#descriptor, this.#window, 0, wanted, offset);
      this.#windowStart = offset;
    }
    return this.#window.subarray(offset - this.#windowStart, this.#windowLength);
  }
}
