import {Transform, type TransformCallback} from 'node:stream';
import {readClientHello} from './client-hello.ts';
import type {Refusal} from './refusal.ts';

/** What the random of a ServerHello is when it asks for another ClientHello (RFC 8446, 4.1.3). */
const retry = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');
const randomAt = 11;

/**
 * A server may ask for a second ClientHello, and would take another name from it. So nothing follows the first before the server has
 * answered, and a second one that it has asked for is judged as the first was.
 */
export function guardSecondHello(
  judge: (bytes: Buffer) => Refusal | 'more' | undefined,
  onRefused: (refusal: Refusal) => void,
): {readonly fromClient: Transform; readonly fromServer: Transform} {
  let state: 'waiting' | 'again' | 'open' = 'waiting';
  let answer = Buffer.alloc(0);
  let second = Buffer.alloc(0);
  let held: (() => void) | undefined;
  const go = (next: 'again' | 'open'): void => {
    state = next;
    held?.();
    held = undefined;
  };
  const take = (chunk: Buffer, pass: TransformCallback): void => {
    if (state === 'waiting') {
      held = () => take(chunk, pass);
      return;
    }
    if (state === 'open') {
      pass(undefined, chunk);
      return;
    }
    second = Buffer.concat([second, chunk]);
    const verdict = judge(withoutCipherChange(second));
    if (verdict === undefined) {
      state = 'open';
      pass(undefined, second);
    } else if (verdict === 'more') pass();
    else {
      onRefused(verdict);
      pass(verdict);
    }
  };
  return {
    fromClient: new Transform({transform: (chunk: Buffer, _encoding, pass) => take(chunk, pass)}),
    fromServer: new Transform({
      transform(chunk: Buffer, _encoding, pass) {
        if (state === 'waiting') {
          answer = Buffer.concat([answer, chunk]);
          if (answer.length >= randomAt + retry.length)
            go(answer.subarray(randomAt, randomAt + retry.length).equals(retry) ? 'again' : 'open');
        }
        pass(undefined, chunk);
      },
      flush(done) {
        if (state === 'waiting') go('open');
        done();
      },
    }),
  };
}

/** Old boxes between want to see one before the second ClientHello; it changes nothing. */
function withoutCipherChange(bytes: Buffer): Buffer {
  const change = Buffer.from([20, 3, 3, 0, 1, 1]);
  return bytes.subarray(0, change.length).equals(change.subarray(0, bytes.length))
    ? bytes.subarray(change.length)
    : bytes;
}

/** How many of these bytes are the first ClientHello; what is behind it may be a second. */
export function lengthOfHello(bytes: Buffer): number {
  const read = readClientHello(bytes);
  return read.kind === 'hello' ? read.length : bytes.length;
}
