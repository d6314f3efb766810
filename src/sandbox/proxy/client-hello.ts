/** What the first bytes of a TLS connection say of where it goes. */
export type ReadHello =
  /** More bytes are needed. */
  | {readonly kind: 'incomplete'}
  /** The name that is asked for; absent where none is. */
  | {readonly kind: 'hello'; readonly name?: string}
  /** No ClientHello, or one whose name cannot be told. */
  | {readonly kind: 'unreadable'; readonly why: string};

const handshakeRecord = 22;
const clientHello = 1;
const serverName = 0;
const encryptedHello = 0xfe0d;

/** Whether bytes begin a TLS connection, as far as the first one tells. */
export function looksLikeTls(bytes: Buffer): boolean {
  return bytes[0] === handshakeRecord;
}

/** Reads the name of the server out of a ClientHello, over as many records as it takes. Never throws. */
export function readClientHello(bytes: Buffer): ReadHello {
  const message = joinRecords(bytes);
  if (!Buffer.isBuffer(message)) return message;
  if (message.length > 0 && message[0] !== clientHello) return {kind: 'unreadable', why: 'TLS without a ClientHello'};
  if (message.length < 4) return {kind: 'incomplete'};
  const length = message.readUIntBE(1, 3);
  if (message.length < 4 + length) return {kind: 'incomplete'};
  try {
    return readExtensions(new Reader(message.subarray(4, 4 + length)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return {kind: 'unreadable', why: 'a ClientHello that is cut'};
  }
}

/** What handshake records carry, put together. */
function joinRecords(bytes: Buffer): Buffer | ReadHello {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== handshakeRecord || (bytes.length > at + 1 && bytes[at + 1] !== 3))
      // What comes behind a whole ClientHello is none of ours.
      return parts.length > 0 ? Buffer.concat(parts) : {kind: 'unreadable', why: 'no TLS'};
    if (bytes.length < at + 5) break;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0) return {kind: 'unreadable', why: 'an empty TLS record'};
    parts.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return Buffer.concat(parts);
}

function readExtensions(hello: Reader): ReadHello {
  // Version and random.
  hello.skip(34);
  hello.vector(1);
  hello.vector(2);
  hello.vector(1);
  // Before there were extensions.
  if (hello.isAtEnd) return {kind: 'hello'};
  const extensions = new Reader(hello.vector(2));
  let name: string | undefined;
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type === encryptedHello)
      return {kind: 'unreadable', why: 'an encrypted ClientHello, whose name cannot be told'};
    if (type !== serverName) continue;
    if (name !== undefined) return {kind: 'unreadable', why: 'a ClientHello with two names'};
    const names = new Reader(new Reader(content).vector(2));
    const kind = names.number(1);
    name = names.vector(2).toString('latin1');
    if (kind !== 0 || !names.isAtEnd) return {kind: 'unreadable', why: 'a ClientHello with two names'};
  }
  return name === undefined ? {kind: 'hello'} : {kind: 'hello', name};
}

/** Throws `RangeError` at the end. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  skip(count: number): void {
    if (this.#at + count > this.#bytes.length) throw new RangeError('cut');
    this.#at += count;
  }

  number(size: number): number {
    this.skip(size);
    return this.#bytes.readUIntBE(this.#at - size, size);
  }

  vector(sizeOfLength: number): Buffer {
    const length = this.number(sizeOfLength);
    this.skip(length);
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
