import {JobFailure} from '../domain/outcome.ts';
import {quoteText} from '../util/quote-text.ts';

/** The failure that an error of the file system stands for; any other error as it is. `path` is relative to the repo root. */
export function writeFailure(error: unknown, path: string): unknown {
  const code = errorCode(error);
  const shown = quoteText(path === '' ? '.' : path);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new JobFailure('disk-full', `No space is left to write ${shown}; nothing was changed there.`, {
        cause: error,
      });
    case 'EROFS':
    case 'EIO':
    case 'EFBIG':
      return new JobFailure('disk-full', `${shown} cannot be written: the disk says ${code}.`, {cause: error});
    case 'EACCES':
    case 'EPERM':
      return new JobFailure('write-denied', `${shown} cannot be written by this user (${code}).`, {cause: error});
    case 'ENOTDIR':
    case 'ELOOP':
    case 'EISDIR':
    case 'ENAMETOOLONG':
    case 'ENXIO':
      return new JobFailure('path-not-a-file', `${shown} cannot be a file here (${code}).`, {cause: error});
    case 'ENOENT':
    case 'ESTALE':
      return new JobFailure('path-not-a-file', `${shown} was moved or removed while it was being written.`, {
        cause: error,
      });
    default:
      return error;
  }
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
