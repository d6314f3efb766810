import {accessSync, constants, realpathSync, statSync} from 'node:fs';
import path from 'node:path';
import {effectiveUserId} from './effective-user.ts';

/**
 * The first of these folders in which, and above which, nobody but root and we can put anything. Programs look for their plugins,
 * settings and helpers upwards from where they stand, and everybody may write to `/tmp`.
 */
export function findPrivatePlace(folders: readonly (string | undefined)[]): string | undefined {
  return folders.find((folder): folder is string => folder !== undefined && isPrivate(folder));
}

function isPrivate(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    let current = realpathSync(folder);
    for (;;) {
      const {uid, mode} = statSync(current);
      if ((uid !== 0 && uid !== effectiveUserId()) || (mode & 0o022) !== 0) return false;
      const above = path.dirname(current);
      if (above === current) return true;
      current = above;
    }
  } catch {
    return false;
  }
}
