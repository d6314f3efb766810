import {createHash, hash} from 'node:crypto';

/** The id that git gives a file with these bytes. */
export function gitBlobId(format: 'sha1' | 'sha256', bytes: Buffer): string {
  return gitObjectId(format, 'blob', bytes);
}

/** `type` is blob, tree, commit or tag. */
export function gitObjectId(format: 'sha1' | 'sha256', type: string, bytes: Buffer): string {
  const head = `${type} ${bytes.length}\0`;
  // For the many small objects that a repo has, a copy costs less than a hash that is made in steps.
  if (bytes.length <= smallBytes) return hash(format, Buffer.concat([Buffer.from(head, 'latin1'), bytes]));
  return createHash(format).update(head).update(bytes).digest('hex');
}

const smallBytes = 16 * 1024;

/** The format of the repo that an id is of. */
export function formatOfId(id: string): 'sha1' | 'sha256' {
  return id.length === 64 ? 'sha256' : 'sha1';
}

export function isObjectId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}
