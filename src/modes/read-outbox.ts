import {closeSync, constants, fstatSync, openSync, readSync} from 'node:fs';

/** Text of a file that an untrusted program has left; undefined when it left something else there, such as a link or a pipe. */
export function readOutbox(file: string, maxBytes: number): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    if (!fstatSync(descriptor).isFile()) return undefined;
    const bytes = Buffer.alloc(maxBytes);
    const length = readSync(descriptor, bytes, 0, maxBytes, 0);
    const text = bytes.subarray(0, length).toString('utf8').replaceAll('\0', '').trim();
    return text === '' ? undefined : text;
  } finally {
    closeSync(descriptor);
  }
}
