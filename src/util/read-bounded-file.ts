import {readFileSync, statSync} from 'node:fs';

export type BoundedFile =
  | {readonly text: string; readonly fault?: undefined}
  | {readonly fault: FileFault; readonly text?: undefined};

interface FileFault {
  readonly kind: 'missing' | 'not-a-file' | 'too-large' | 'unreadable' | 'not-utf-8';
  /** A sentence without the file's name. */
  readonly message: string;
}

/** The text of a regular file of at most `maxBytes`. Looks before it reads, so a pipe or device cannot hold us up. */
export function readBoundedFile(file: string, maxBytes: number): BoundedFile {
  let bytes: Buffer;
  try {
    const stats = statSync(file);
    if (!stats.isFile())
      return refuse('not-a-file', stats.isDirectory() ? 'this is a folder, not a file' : 'this is not a regular file');
    if (stats.size > maxBytes)
      return refuse('too-large', `the file is too large: ${stats.size} bytes, at most ${maxBytes}`);
    bytes = readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return refuse('missing', 'the file does not exist');
    return refuse('unreadable', `the file cannot be read: ${code}`);
  }
  try {
    return {text: new TextDecoder('utf-8', {fatal: true, ignoreBOM: false}).decode(bytes)};
  } catch {
    // `fatal` throws nothing but "not UTF-8".
    return refuse('not-utf-8', 'the file is not UTF-8 text');
  }
}

function refuse(kind: FileFault['kind'], message: string): BoundedFile {
  return {fault: {kind, message}};
}
