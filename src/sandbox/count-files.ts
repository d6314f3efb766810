import type {Dirent, OpenDirOptions} from 'node:fs';
import {lstat, opendir} from 'node:fs/promises';

export interface FolderSize {
  readonly files: number;
  /** On the disk, not as they claim to be: a sparse file is small. */
  readonly bytes: number;
}

export interface CountFilesOptions {
  /** Counting stops as soon as one of them is passed. */
  readonly limits: FolderSize;
  /** Bytes are counted of files changed since, milliseconds since 1970. Absent: no bytes are counted. */
  readonly changedSince?: number;
}

// Node takes it, its types do not: a name need not be text.
const options = {bufferSize: 1024, encoding: 'buffer'} as unknown as OpenDirOptions;

/** Size of folders and all below them, without following links. A folder that cannot be read counts as too large. */
export async function countFiles(
  folders: readonly string[],
  {limits, changedSince}: CountFilesOptions,
): Promise<FolderSize> {
  let files = 0;
  let bytes = 0;
  const open = folders.map(folder => Buffer.from(folder));
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    // Not all names at once: a folder may hold millions.
    const entries: AsyncIterable<Dirent> | [] = (await opendir(current, options).catch(error => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') files = Number.POSITIVE_INFINITY;
      return [] as const;
    })) as AsyncIterable<Dirent> | [];
    if (files > limits.files) return {files, bytes};
    for await (const entry of entries) {
      if (++files > limits.files) return {files, bytes};
      const file = Buffer.concat([current, Buffer.from('/'), entry.name as unknown as Buffer]);
      if (entry.isDirectory()) open.push(file);
      else if (changedSince !== undefined && entry.isFile()) {
        bytes += await lstat(file).then(
          stats => (stats.ctimeMs >= changedSince ? stats.blocks * 512 : 0),
          () => 0,
        );
        if (bytes > limits.bytes) return {files, bytes};
      }
    }
  }
  return {files, bytes};
}
