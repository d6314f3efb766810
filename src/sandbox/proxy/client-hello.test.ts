import {once} from 'node:events';
import {Duplex, PassThrough} from 'node:stream';
import {connect} from 'node:tls';
import {expect, it} from 'vitest';
import {readClientHello} from './client-hello.ts';

/** What Node says first when it asks for this name. */
async function helloFor(servername: string): Promise<Buffer> {
  const said = new PassThrough();
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      said.write(chunk);
      done();
    },
  });
  const client = connect({socket, ...(servername === '' ? {} : {servername})});
  client.on('error', () => {});
  const [bytes] = (await once(said, 'data')) as [Buffer];
  client.destroy();
  return bytes;
}

/** The same message, cut into records of this length. */
function inRecords(hello: Buffer, length: number): Buffer {
  const message = hello.subarray(5);
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += length) {
    const part = message.subarray(at, at + length);
    parts.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(parts);
}

/** With one more extension at the end. */
function withExtension(hello: Buffer, type: number, content: Buffer): Buffer {
  const added = Buffer.concat([
    Buffer.from([type >> 8, type & 255, content.length >> 8, content.length & 255]),
    content,
  ]);
  const longer = Buffer.concat([hello, added]);
  longer.writeUInt16BE(hello.readUInt16BE(3) + added.length, 3);
  longer.writeUIntBE(hello.readUIntBE(6, 3) + added.length, 6, 3);
  const sessionLength = hello[43]!;
  const ciphersAt = 44 + sessionLength;
  const extensionsAt = ciphersAt + 2 + hello.readUInt16BE(ciphersAt) + 2;
  longer.writeUInt16BE(hello.readUInt16BE(extensionsAt) + added.length, extensionsAt);
  return longer;
}

it('reads the name that is asked for', async () => {
  expect(readClientHello(await helloFor('registry.example'))).toMatchObject({kind: 'hello', name: 'registry.example'});
  expect(readClientHello(await helloFor(''))).toEqual({kind: 'hello', length: expect.any(Number)});
});

it('waits for every byte of it, in whatever records they come', async () => {
  const hello = await helloFor('registry.example');
  for (let length = 1; length < hello.length; length++)
    expect(readClientHello(hello.subarray(0, length))).toEqual({kind: 'incomplete'});
  expect(readClientHello(Buffer.concat([hello, hello]))).toMatchObject({length: hello.length});
  for (const length of [1, 2, 7, 100])
    expect(readClientHello(inRecords(hello, length))).toMatchObject({kind: 'hello', name: 'registry.example'});
});

it('takes none whose name cannot be told', async () => {
  const hello = await helloFor('registry.example');
  const name = Buffer.from('evil.example');
  const second = Buffer.concat([Buffer.from([0, name.length + 3, 0, 0, name.length]), name]);
  expect(readClientHello(withExtension(hello, 0xfe0d, Buffer.alloc(8)))).toMatchObject({kind: 'unreadable'});
  expect(readClientHello(withExtension(hello, 0, second))).toMatchObject({kind: 'unreadable'});
  const twice = Buffer.concat([Buffer.from([22, 3, 1, 0, 0]), hello.subarray(5), hello.subarray(5)]);
  twice.writeUInt16BE(twice.length - 5, 3);
  expect(readClientHello(twice)).toMatchObject({kind: 'unreadable'});
  expect(readClientHello(Buffer.from('GET / HTTP/1.1\r\n'))).toMatchObject({kind: 'unreadable'});
  expect(readClientHello(Buffer.from([22, 2, 0, 0, 1]))).toMatchObject({kind: 'unreadable'});
  expect(readClientHello(Buffer.from([22, 3, 1, 0, 0]))).toMatchObject({kind: 'unreadable'});
  expect(readClientHello(Buffer.from([22, 3, 1, 0, 1, 2]))).toMatchObject({kind: 'unreadable'});
});

it('reads no other name out of one in which a byte is another', async () => {
  const hello = await helloFor('registry.example');
  for (let at = 0; at < hello.length; at++) {
    for (const byte of [0, 255, hello[at]! ^ 1]) {
      const changed = Buffer.from(hello);
      changed[at] = byte;
      const read = readClientHello(changed);
      expect(['hello', 'incomplete', 'unreadable']).toContain(read.kind);
    }
  }
});
