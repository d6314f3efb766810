import {closeSync, constants, fstatSync, openSync} from 'node:fs';
import {join} from 'node:path';
import {readBytes} from '../../util/read-small-file.ts';
import {inflateAtMost, inflateExactly, inflateStart} from './inflate.ts';
import {objectTypes, type StoredObject} from './stored-object.ts';

const maxPackedBytes = 16 * 1024 * 1024;

/** An object that has a file of its own; undefined when it has none, or one that is not as git writes it. */
export function readLooseObject(objectsDirectory: string, id: string, maxBytes: number): StoredObject | undefined {
  const packed = readPlainFile(join(objectsDirectory, id.slice(0, 2), id.slice(2)));
  if (packed === undefined) return undefined;
  const whole = packed.length <= wholeBytes ? inflateAtMost(packed, mostOfWhole) : undefined;
  const start = whole ?? inflateStart(packed);
  const header = start === undefined ? undefined : readHeader(start);
  if (header === undefined) return undefined;
  const {type, size, end} = header;
  if (size > maxBytes) return {type, size};
  const bytes = whole ?? inflateExactly(packed, end + size);
  return bytes?.length === end + size ? {type, size, content: bytes.subarray(end)} : undefined;
}

/** So small ones are mostly wanted whole, and beginning twice costs more than the rest. */
const wholeBytes = 8 * 1024;
const mostOfWhole = 256 * 1024;

function readHeader(start: Buffer): {type: string; size: number; end: number} | undefined {
  const nul = start.subarray(0, 32).indexOf(0);
  const [type = '', size = ''] = start.toString('latin1', 0, nul).split(' ');
  if (nul === -1 || !objectTypes.includes(type) || !/^\d{1,12}$/.test(size)) return undefined;
  return {type, size: Number(size), end: nul + 1};
}

function readPlainFile(path: string): Buffer | undefined {
  try {
    // Asked for its kind only when it is open: no device has such a name, and a pipe does not wait.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(descriptor);
      return stat.isFile() && stat.size <= maxPackedBytes ? readBytes(descriptor, stat.size) : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // None, a link, a file of somebody else, a disk that fails: git is asked, whose word on it counts.
    return undefined;
  }
}
