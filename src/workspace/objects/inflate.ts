import {constants, inflateSync} from 'node:zlib';

/** What `packed` begins with, when that is whole and inflates to exactly `size` bytes; what follows it is passed over. */
export function inflateExactly(packed: Buffer, size: number): Buffer | undefined {
  try {
    const bytes = inflateSync(packed, {chunkSize: Math.max(64, size + 1), maxOutputLength: Math.max(1, size)});
    return bytes.length === size ? bytes : undefined;
  } catch {
    // Cut off, damaged, or longer than it says: git is asked, whose word on it counts.
    return undefined;
  }
}

/** All of it, when that is whole and has at most `maxBytes`. */
export function inflateAtMost(packed: Buffer, maxBytes: number): Buffer | undefined {
  try {
    return inflateSync(packed, {chunkSize: packed.length * 5 + 256, maxOutputLength: maxBytes});
  } catch {
    return undefined;
  }
}

/** A beginning of packed bytes that is long enough for the first of what they inflate to: a table of codes comes before it. */
export const startBytes = 512;

/** Some first bytes of what a beginning of packed bytes inflates to. */
export function inflateStart(packed: Buffer): Buffer | undefined {
  try {
    // So few bytes cannot inflate to more than half a megabyte.
    return inflateSync(packed.subarray(0, startBytes), {chunkSize: 1024, finishFlush: constants.Z_SYNC_FLUSH});
  } catch {
    return undefined;
  }
}

/** Nothing that a compressor makes of so many bytes is longer. */
export function longestPacked(size: number): number {
  return size + (size >> 8) + 256;
}
