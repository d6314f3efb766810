import {constants, lstatSync} from 'node:fs';
import {type FileHandle, open} from 'node:fs/promises';
import path from 'node:path';
import {formatOfId, gitBlobId} from './git-blob-id.ts';

const maxBytes = 16 * 1024 * 1024;

/** Whether a regular file below `root` holds the content of this git blob, also when git turned LF into CRLF on checkout. An empty id: whether there is none. */
export async function holdsBlob(root: string, relative: string, blob: string): Promise<boolean> {
  if (blob === '') return lstatSync(path.join(root, relative), {throwIfNoEntry: false}) === undefined;
  let handle: FileHandle | undefined;
  try {
    // A FIFO or device in its place must not block.
    handle = await open(path.join(root, relative), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile() || stat.size > maxBytes) return false;
    const bytes = await handle.readFile();
    const format = formatOfId(blob);
    if (gitBlobId(format, bytes) === blob) return true;
    if (!bytes.includes('\r\n')) return false;
    return gitBlobId(format, Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')) === blob;
  } catch {
    // Missing or unreadable: in no case what was left there.
    return false;
  } finally {
    await handle?.close();
  }
}
