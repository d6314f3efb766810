import {createHash} from 'node:crypto';

/** The id that git gives a file with these bytes. */
export function gitBlobId(format: 'sha1' | 'sha256', bytes: Buffer): string {
  return createHash(format).update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
