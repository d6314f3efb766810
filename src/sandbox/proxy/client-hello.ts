/** What the first bytes of a TLS connection say of where it goes. */
export type ReadHello =
  /** More bytes are needed. */
  | {readonly kind: 'incomplete'}
  /** The name that is asked for, absent where none is, and how many bytes its records are. */
  | {readonly kind: 'hello'; readonly name?: string; readonly length: number}
  /** No ClientHello, or one whose name cannot be told. */
  | {readonly kind: 'unreadable'; readonly why: string};

const handshakeRecord = 22;
const clientHello = 1;
const serverName = 0;
const encryptedHello = 0xfe0d;

/** Whether bytes begin a TLS connection, as far as the first one tells: a server may pass over an alert that comes before. */
export function looksLikeTls(bytes: Buffer): boolean {
  const [type = 0] = bytes;
  return type >= 20 && type <= 24;
}

/** Reads the name of the server out of a ClientHello, over as many records as it takes; nothing else may be in them. Never throws. */
export function readClientHello(bytes: Buffer): ReadHello {
  let message: Buffer = Buffer.alloc(0);
  for (let at = 0; ; ) {
    if (bytes.length > at && bytes[at] !== handshakeRecord) return unreadable('TLS without a ClientHello');
    if (bytes.length > at + 1 && bytes[at + 1] !== 3) return unreadable('no TLS');
    if (bytes.length < at + 5) return {kind: 'incomplete'};
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0) return unreadable('an empty TLS record');
    message = Buffer.concat([message, bytes.subarray(at + 5, at + 5 + length)]);
    if (message[0] !== undefined && message[0] !== clientHello) return unreadable('TLS without a ClientHello');
    if (bytes.length < at + 5 + length) return {kind: 'incomplete'};
    at += 5 + length;
    if (message.length < 4) continue;
    const end = 4 + message.readUIntBE(1, 3);
    if (message.length > end) return unreadable('more than a ClientHello in its record');
    if (message.length === end) return readMessage(message.subarray(4), at);
  }
}

function unreadable(why: string): ReadHello {
  return {kind: 'unreadable', why};
}

function readMessage(message: Buffer, length: number): ReadHello {
  try {
    const read = readExtensions(new Reader(message));
    return read.kind === 'hello' ? {...read, length} : read;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return unreadable('a ClientHello that is cut');
  }
}

type ReadName = {readonly kind: 'hello'; readonly name?: string} | Extract<ReadHello, {kind: 'unreadable'}>;

function readExtensions(hello: Reader): ReadName {
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
