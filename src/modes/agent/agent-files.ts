import {randomBytes} from 'node:crypto';
import {
  closeSync,
  constants,
  type Dirent,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import {JobFailure} from '../../domain/outcome.ts';
import {type Directory, detectDirectoryAccess, openChild, openRoot} from '../../util/directory.ts';
import {ignoreCode} from '../../util/ignore-code.ts';
import {pathProblem} from '../../util/path-problem.ts';
import {quoteText} from '../../util/quote-text.ts';
import {readBytes} from '../../util/read-small-file.ts';
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
    const folder = openFolders(root, folders);
    if (folder === undefined) return undefined;
    try {
      return readFile(folder, name, path, maxBytes);
    } finally {
      folder.close();
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
      const folder = openFolders(root, folders, owner ?? {});
      if (folder === undefined) throw new ToolError(`the folder of ${quoteText(path)} went away`);
      try {
        replaceFile(folder, name, path, bytes, owner);
      } finally {
        folder.close();
      }
    },
    async list(path, limit) {
      const folders = path === '' || path === '.' ? [] : segmentsOf(path);
      const folder = openFolders(root, folders);
      if (folder === undefined) throw new ToolError(`there is no folder ${quoteText(path)}`);
      const found: FoundFile[] = [];
      const cut = listFolder(folder, folders.join('/'), found, limit, 0);
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
function openFolders(
  root: string,
  segments: readonly string[],
  make?: {readonly uid?: number; readonly gid?: number},
): Directory | undefined {
  let folder = openRoot(root, access);
  for (const [index, segment] of segments.entries()) {
    const parent = folder;
    try {
      if (make !== undefined) makeFolder(parent, segment, make);
      folder = openChild(parent, segment, access);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT') return undefined;
      throw asToolError(error, segments.slice(0, index + 1).join('/'), 'folder');
    } finally {
      parent.close();
    }
  }
  return folder;
}

function makeFolder(parent: Directory, name: string, {uid, gid}: {readonly uid?: number; readonly gid?: number}): void {
  const isNew = ignoreCode('EEXIST', () => mkdirSync(parent.at(name), 0o755));
  if (!isNew || uid === undefined || gid === undefined) return;
  const made = openChild(parent, name, access);
  try {
    fchownSync(made.descriptor, uid, gid);
  } finally {
    made.close();
  }
}

function readFile(folder: Directory, name: string, path: string, maxBytes: number): Buffer | undefined {
  let descriptor: number;
  try {
    // Without waiting: a FIFO has no writer, and a device may never answer.
    descriptor = openSync(folder.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw asToolError(error, path, 'file');
  }
  try {
    const stat = fstatSync(descriptor);
    assertRegular(stat, path);
    if (stat.size > maxBytes)
      throw new ToolError(`${quoteText(path)} has ${stat.size} bytes; at most ${maxBytes} are read`);
    return readBytes(descriptor, stat.size);
  } finally {
    closeSync(descriptor);
  }
}

function assertRegular(stat: Stats, path: string): void {
  if (stat.isDirectory()) throw new ToolError(`${quoteText(path)} is a folder; list it with list_files`);
  if (!stat.isFile()) throw new ToolDenied(`${quoteText(path)} is not a regular file`);
}

function replaceFile(folder: Directory, name: string, path: string, bytes: Buffer, owner: Options['owner']): void {
  const there = statEntry(folder, name, path);
  if (there?.isSymbolicLink()) throw new ToolDenied(`${quoteText(path)} is a link; links are not written through`);
  if (there?.isDirectory()) throw new ToolError(`${quoteText(path)} is a folder`);
  if (there !== undefined && !there.isFile()) throw new ToolDenied(`${quoteText(path)} is not a regular file`);
  const mode = there !== undefined && (there.mode & 0o111) !== 0 ? 0o755 : 0o644;
  const temporary = `.${randomBytes(8).toString('hex')}.tmp`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    const descriptor = openSync(folder.at(temporary), flags, mode);
    try {
      writeFileSync(descriptor, bytes);
      fchmodSync(descriptor, mode);
      if (owner !== undefined) fchownSync(descriptor, owner.uid, owner.gid);
    } finally {
      closeSync(descriptor);
    }
    renameSync(folder.at(temporary), folder.at(name));
  } catch (error) {
    try {
      unlinkSync(folder.at(temporary));
    } catch {
      // It was not made, or went away with its folder.
    }
    throw asToolError(error, path, 'file');
  }
}

function statEntry(folder: Directory, name: string, path: string): Stats | undefined {
  try {
    return lstatSync(folder.at(name), {throwIfNoEntry: false});
  } catch (error) {
    throw asToolError(error, path, 'file');
  }
}

const maxDepth = 100;

function listFolder(folder: Directory, path: string, found: FoundFile[], limit: number, depth: number): boolean {
  try {
    const entries = readdirSync(folder.at('.'), {withFileTypes: true});
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
      const child = openIfFolder(folder, entry);
      if (child === undefined) continue;
      found.push({path: inside, kind: 'folder'});
      if (listFolder(child, inside, found, limit, depth + 1)) return true;
    }
    return false;
  } finally {
    folder.close();
  }
}

/** Undefined when it went away, may not be read, or became something else. */
function openIfFolder(parent: Directory, {name}: Dirent): Directory | undefined {
  try {
    return openChild(parent, name, access);
  } catch {
    return undefined;
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
