import {createHash} from 'node:crypto';

/** The id that git gives a file with these bytes. */
export function gitBlobId(format: 'sha1' | 'sha256', bytes: Buffer): string {
  return gitObjectId(format, 'blob', bytes);
}

export function gitObjectId(format: 'sha1' | 'sha256', type: 'blob' | 'tree' | 'commit', bytes: Buffer): string {
  return createHash(format).update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
}

/** The format of the repo that an id is of. */
export function formatOfId(id: string): 'sha1' | 'sha256' {
  return id.length === 64 ? 'sha256' : 'sha1';
}

export function isObjectId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}
