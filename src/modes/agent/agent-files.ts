import {randomBytes} from 'node:crypto';
import {type BigIntStats, constants} from 'node:fs';
import {type FileHandle, lstat, mkdir, open, readdir, rename, unlink} from 'node:fs/promises';
import {JobFailure} from '../../domain/outcome.ts';
import {type Directory, detectDirectoryAccess, openChild, openRoot} from '../../util/directory.ts';
import {pathProblem} from '../../util/path-problem.ts';
import {quoteText} from '../../util/quote-text.ts';
import {ToolDenied, ToolError} from './tool.ts';

export interface FoundFile {
  /** Relative to the root. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link' | 'special';
}

/**
 * The files below one folder, reached step by step through open folders: no link is followed, nothing but regular files is opened, and no
 * name leads out, whatever is swapped meanwhile. Throws `ToolError` or `ToolDenied` with one line for the model.
 */
export interface AgentFiles {
  /** Bytes of a regular file of at most `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Buffer>;
  /** Undefined when there is nothing. */
  readIfThere(path: string, maxBytes: number): Promise<Buffer | undefined>;
  /** Replaces the content in one step, or makes the file and its folders; an executable stays one. */
  write(path: string, bytes: Buffer): Promise<void>;
  /** Everything below a folder, in path order, without `.git` and without what is below links; at most `limit`. */
  list(path: string, limit: number): Promise<{readonly found: readonly FoundFile[]; readonly cut: boolean}>;
}

interface Options {
  /** Absolute; exists. */
  readonly root: string;
  /** Whom new files belong to; default: us. */
  readonly owner?: {readonly uid: number; readonly gid: number};
  readonly writable: boolean;
}

const access = detectDirectoryAccess();

/** What one job may write through its tools, all calls together. */
const maxWrittenBytes = 128 * 1024 * 1024;

export function openAgentFiles({root, owner, writable}: Options): AgentFiles {
  let writtenBytes = 0;
  const readIfThere: AgentFiles['readIfThere'] = async (path, maxBytes) => {
    const {folders, name} = splitPath(path);
    const folder = await openFolders(root, folders);
    if (folder === undefined) return undefined;
    try {
      return await readFile(folder, name, path, maxBytes);
    } finally {
      await folder.handle.close();
    }
  };
  return {
    readIfThere,
    async read(path, maxBytes) {
      const bytes = await readIfThere(path, maxBytes);
      if (bytes === undefined) throw new ToolError(`there is no file ${quoteText(path)}`);
      return bytes;
    },
    async write(path, bytes) {
      if (!writable) throw new ToolDenied(`${quoteText(path)} cannot be written: files of the skill are read-only`);
      const {folders, name} = splitPath(path);
      const problem = pathProblem([...folders, name].join('/'));
      if (problem !== undefined) throw new ToolDenied(`the path ${quoteText(path)} ${problem}`);
      writtenBytes += bytes.length;
      if (writtenBytes > maxWrittenBytes)
        throw new ToolDenied(`this job has written ${maxWrittenBytes} bytes, which is the most that one may`);
      const folder = await openFolders(root, folders, owner ?? {});
      if (folder === undefined) throw new ToolError(`the folder of ${quoteText(path)} went away`);
      try {
        await replaceFile(folder, name, path, bytes, owner);
      } finally {
        await folder.handle.close();
      }
    },
    async list(path, limit) {
      const folders = path === '' || path === '.' ? [] : segmentsOf(path);
      const folder = await openFolders(root, folders);
      if (folder === undefined) throw new ToolError(`there is no folder ${quoteText(path)}`);
      const found: FoundFile[] = [];
      const cut = await listFolder(folder, folders.join('/'), found, limit, 0);
      return {found, cut};
    },
  };
}

function splitPath(path: string): {folders: string[]; name: string} {
  const segments = segmentsOf(path);
  return {folders: segments.slice(0, -1), name: segments.at(-1)!};
}

/** Less strict than for a path that is written: a repo may hold odd names. */
function segmentsOf(path: string): string[] {
  if (path.includes('\0')) throw new ToolDenied('a path cannot hold a NUL character');
  if (path.length > 4096) throw new ToolDenied('the path is longer than 4096 characters');
  if (path.startsWith('/') || path.startsWith('~'))
    throw new ToolDenied(`the path ${quoteText(path)} leads outside: paths are relative to the repo`);
  const segments = path.split('/').filter(segment => segment !== '' && segment !== '.');
  if (segments.length === 0) throw new ToolError('the path names no file');
  if (segments.includes('..')) throw new ToolDenied(`the path ${quoteText(path)} leaves its folder with ".."`);
  if (segments.some(isGit)) throw new ToolDenied(`${quoteText(path)} leads into the .git folder`);
  return segments;
}

function isGit(segment: string): boolean {
  return pathProblem(segment) === 'leads into the .git folder';
}

/** Undefined when one is missing and none is to be made. */
async function openFolders(
  root: string,
  segments: readonly string[],
  make?: {readonly uid?: number; readonly gid?: number},
): Promise<Directory | undefined> {
  let folder = await openRoot(root, access);
  for (const [index, segment] of segments.entries()) {
    const parent = folder;
    try {
      if (make !== undefined) await makeFolder(parent, segment, make);
      folder = await openChild(parent, segment, access);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT') return undefined;
      throw asToolError(error, segments.slice(0, index + 1).join('/'), 'folder');
    } finally {
      await parent.handle.close();
    }
  }
  return folder;
}

async function makeFolder(
  parent: Directory,
  name: string,
  {uid, gid}: {readonly uid?: number; readonly gid?: number},
): Promise<void> {
  try {
    await mkdir(parent.at(name), 0o755);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  if (uid === undefined || gid === undefined) return;
  const made = await openChild(parent, name, access);
  await made.handle.chown(uid, gid).finally(() => made.handle.close());
}

async function readFile(folder: Directory, name: string, path: string, maxBytes: number): Promise<Buffer | undefined> {
  let handle: FileHandle;
  try {
    // Without waiting: a FIFO has no writer, and a device may never answer.
    handle = await open(folder.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw asToolError(error, path, 'file');
  }
  try {
    const stat = await handle.stat({bigint: true});
    assertRegular(stat, path);
    if (stat.size > BigInt(maxBytes))
      throw new ToolError(`${quoteText(path)} has ${stat.size} bytes; at most ${maxBytes} are read`);
    const bytes = Buffer.alloc(Number(stat.size));
    let at = 0;
    while (at < bytes.length) {
      const {bytesRead} = await handle.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } finally {
    await handle.close();
  }
}

function assertRegular(stat: BigIntStats, path: string): void {
  if (stat.isDirectory()) throw new ToolError(`${quoteText(path)} is a folder; list it with list_files`);
  if (!stat.isFile()) throw new ToolDenied(`${quoteText(path)} is not a regular file`);
}

async function replaceFile(
  folder: Directory,
  name: string,
  path: string,
  bytes: Buffer,
  owner: Options['owner'],
): Promise<void> {
  const there = await lstat(folder.at(name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw asToolError(error, path, 'file');
  });
  if (there?.isSymbolicLink()) throw new ToolDenied(`${quoteText(path)} is a link; links are not written through`);
  if (there?.isDirectory()) throw new ToolError(`${quoteText(path)} is a folder`);
  if (there !== undefined && !there.isFile()) throw new ToolDenied(`${quoteText(path)} is not a regular file`);
  const mode = there !== undefined && (there.mode & 0o111) !== 0 ? 0o755 : 0o644;
  const temporary = `.${randomBytes(8).toString('hex')}.tmp`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    const handle = await open(folder.at(temporary), flags, mode);
    try {
      await handle.writeFile(bytes);
      await handle.chmod(mode);
      if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
    } finally {
      await handle.close();
    }
    await rename(folder.at(temporary), folder.at(name));
  } catch (error) {
    await unlink(folder.at(temporary)).catch(() => {});
    throw asToolError(error, path, 'file');
  }
}

const maxDepth = 100;

async function listFolder(
  folder: Directory,
  path: string,
  found: FoundFile[],
  limit: number,
  depth: number,
): Promise<boolean> {
  try {
    const entries = await readdir(folder.at('.'), {withFileTypes: true});
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (isGit(entry.name)) continue;
      const inside = path === '' ? entry.name : `${path}/${entry.name}`;
      if (found.length >= limit) return true;
      if (!entry.isDirectory()) {
        found.push({path: inside, kind: entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'special'});
        continue;
      }
      if (depth >= maxDepth) return true;
      const child = await openChild(folder, entry.name, access).catch(() => undefined);
      if (child === undefined) continue;
      found.push({path: inside, kind: 'folder'});
      if (await listFolder(child, inside, found, limit, depth + 1)) return true;
    }
    return false;
  } finally {
    await folder.handle.close();
  }
}

function asToolError(error: unknown, path: string, what: 'file' | 'folder'): Error {
  if (error instanceof ToolError) return error;
  const {code} = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ELOOP':
      return new ToolDenied(`${quoteText(path)} is a link; links are not followed`);
    case 'ENOTDIR':
      return new ToolDenied(
        `${quoteText(path)} is not a ${what === 'folder' ? 'folder, or is a link' : 'regular file'}`,
      );
    case 'ENXIO':
      return new ToolDenied(`${quoteText(path)} is not a regular file`);
    case 'ENAMETOOLONG':
      return new ToolError(`${quoteText(path)} is too long for this file system`);
    case 'EACCES':
    case 'EPERM':
      return new ToolError(`${quoteText(path)} is not accessible`);
    case 'EISDIR':
    case 'ENOTEMPTY':
      return new ToolError(`${quoteText(path)} is a folder`);
    case 'ENOENT':
      // Another process took the folder away in this moment.
      return new ToolError(`${quoteText(path)} went away`);
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EROFS':
      return new JobFailure('disk-full', `${quoteText(path)} could not be written in the private folder (${code})`);
    default:
      return error as Error;
  }
}
