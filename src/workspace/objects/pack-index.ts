const magic = 0xff744f63;
const headerBytes = 8;
const fanoutBytes = 256 * 4;
const idBytes = 20;
const trailerBytes = 2 * idBytes;

/** Where objects are in a pack, as version 2 of git's index has it (SHA-1). https://git-scm.com/docs/gitformat-pack */
export class PackIndex {
  readonly #bytes: Buffer;
  readonly #count: number;

  private constructor(bytes: Buffer, count: number) {
    this.#bytes = bytes;
    this.#count = count;
  }

  /** Undefined for another version, or when the size does not fit what it says. */
  static parse(bytes: Buffer): PackIndex | undefined {
    if (bytes.length < headerBytes + fanoutBytes + trailerBytes) return undefined;
    if (bytes.readUInt32BE(0) !== magic || bytes.readUInt32BE(4) !== 2) return undefined;
    const count = bytes.readUInt32BE(headerBytes + fanoutBytes - 4);
    const least = headerBytes + fanoutBytes + count * (idBytes + 8) + trailerBytes;
    if (bytes.length < least || (bytes.length - least) % 8 !== 0) return undefined;
    return new PackIndex(bytes, count);
  }

  /** Offset in the pack, or undefined when it holds no such object. */
  find(id: Buffer): number | undefined {
    const first = id[0]!;
    let low = first === 0 ? 0 : this.#fanout(first - 1);
    let high = Math.min(this.#fanout(first), this.#count);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = headerBytes + fanoutBytes + middle * idBytes;
      const order = id.compare(this.#bytes, at, at + idBytes);
      if (order === 0) return this.#offset(middle);
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return undefined;
  }

  #fanout(byte: number): number {
    return this.#bytes.readUInt32BE(headerBytes + byte * 4);
  }

  #offset(index: number): number | undefined {
    const offsets = headerBytes + fanoutBytes + this.#count * (idBytes + 4);
    const offset = this.#bytes.readUInt32BE(offsets + index * 4);
    if (offset < 0x8000_0000) return offset;
    const at = offsets + this.#count * 4 + (offset - 0x8000_0000) * 8;
    if (at + 8 > this.#bytes.length - trailerBytes) return undefined;
    return Number(this.#bytes.readBigUInt64BE(at));
  }
}
