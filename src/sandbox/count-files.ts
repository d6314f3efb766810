import {lstat, opendir} from 'node:fs/promises';
import path from 'node:path';

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

/** Size of a folder and all below it, without following links. A folder that cannot be read counts as too large. */
export async function countFiles(folder: string, {limits, changedSince}: CountFilesOptions): Promise<FolderSize> {
  let files = 0;
  let bytes = 0;
  const open = [folder];
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    // Not all names at once: a folder may hold millions.
    const entries = await opendir(current, {bufferSize: 1024}).catch(error => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') files = Number.POSITIVE_INFINITY;
      return [];
    });
    if (files > limits.files) return {files, bytes};
    for await (const entry of entries) {
      if (++files > limits.files) return {files, bytes};
      const file = path.join(current, entry.name);
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
