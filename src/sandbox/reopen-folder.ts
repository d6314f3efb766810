import {chmodSync, closeSync, constants, fstatSync, openSync} from 'node:fs';

// Opens a folder that may not be read. Not among Node's constants.
const O_PATH = 0o10000000;

/** Gives the workspace back to its owner: a command may have locked everybody out, itself and what comes after it. Linux only. */
export function reopenFolder(folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(folder, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch {
    // Where commands run beside us they can also remove it; whoever needs it says so.
    return;
  }
  try {
    const {mode} = fstatSync(descriptor);
    if ((mode & 0o700) !== 0o700) chmodSync(`/proc/self/fd/${descriptor}`, (mode & 0o777) | 0o700);
  } finally {
    closeSync(descriptor);
  }
}
