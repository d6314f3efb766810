import {lstatSync, renameSync} from 'node:fs';

const kept = 3;

/**
 * Sets a log file that has grown beyond `maxBytes` aside as `.1`, what was `.1` as `.2`, and so on to `.3`; the oldest goes. A run that
 * has the file open goes on in the renamed one, so no line is lost. Returns whether it was moved.
 * @throws the error of the file system when it cannot be moved.
 */
export function rotateLog(file: string, maxBytes: number): boolean {
  const stats = lstatSync(file, {throwIfNoEntry: false});
  // A link, a pipe or /dev/stdout is the operator's own arrangement.
  if (stats?.isFile() !== true || stats.size <= maxBytes) return false;
  for (let number = kept; number >= 1; number--) {
    try {
      renameSync(number === 1 ? file : `${file}.${number - 1}`, `${file}.${number}`);
    } catch (error) {
      // Not there yet, or another run that starts now has moved it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return true;
}
