/** Keeps the first and the last of what a command said, in constant memory. */
export class OutputBuffer {
  readonly #headBytes: number;
  readonly #tailBytes: number;
  readonly #head: Buffer[] = [];
  #headLength = 0;
  #tail: Buffer[] = [];
  #tailLength = 0;
  /** Bytes that were said. */
  total = 0;

  constructor(headBytes: number, tailBytes: number) {
    this.#headBytes = headBytes;
    this.#tailBytes = tailBytes;
  }

  add(chunk: Buffer): void {
    this.total += chunk.length;
    const missing = this.#headBytes - this.#headLength;
    if (missing > 0) {
      // Copies, since a slice would keep the whole chunk alive.
      this.#head.push(Buffer.from(chunk.subarray(0, missing)));
      this.#headLength += Math.min(missing, chunk.length);
    }
    if (chunk.length <= missing) return;
    this.#tail.push(Buffer.from(chunk.subarray(Math.max(missing, chunk.length - this.#tailBytes))));
    this.#tailLength += this.#tail.at(-1)!.length;
    if (this.#tailLength > 2 * this.#tailBytes) this.#compact();
  }

  toString(): string {
    this.#compact();
    const head = Buffer.concat(this.#head).toString('utf8');
    const tail = this.#tail.map(chunk => chunk.toString('utf8')).join('');
    const omitted = this.total - this.#headLength - this.#tailLength;
    return omitted === 0 ? head + tail : `${head}\n… ${omitted} bytes left out …\n${tail}`;
  }

  #compact(): void {
    const all = Buffer.concat(this.#tail);
    const kept = Buffer.from(all.subarray(Math.max(0, all.length - this.#tailBytes)));
    this.#tail = kept.length === 0 ? [] : [kept];
    this.#tailLength = kept.length;
  }
}
