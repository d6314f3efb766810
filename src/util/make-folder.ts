import {mkdirSync, statSync} from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder and those above it that are missing; one that exists is left as it is. Throws the system's error.
 * Not `mkdirSync` with `recursive`: below a place that says ENOENT for ever, such as /proc, that one never returns.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  try {
    mkdirSync(folder, {mode});
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return;
    const parent = path.dirname(folder);
    if (code !== 'ENOENT' || parent === folder) throw error;
    makeFolder(parent, mode);
    mkdirSync(folder, {mode});
  }
}
