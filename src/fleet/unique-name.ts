import path from 'node:path';

/** A name for the repo at `repoPath` that is not `taken`: its folder, then `parent/folder` and so on upwards. */
export function uniqueName(repoPath: string, taken: {has(name: string): boolean}): string {
  const parts = repoPath.split(path.sep).filter(part => part !== '');
  for (let length = 1; length <= parts.length; length++) {
    const name = parts.slice(-length).join('/');
    if (!taken.has(name)) return name;
  }
  return repoPath;
}
