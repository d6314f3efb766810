import {lstat, mkdir, rmdir} from 'node:fs/promises';
import {JobFailure} from '../domain/outcome.ts';
import {type Directory, type DirectoryAccess, openChild, openRoot, sameFile} from '../util/directory.ts';
import {quoteText} from '../util/quote-text.ts';
import {errorCode, writeFailure} from './write-failure.ts';

/** The user's checkout, its folders opened one by one from the root without following a link. Close it. */
export class WorkTree {
  readonly #root: Directory;
  readonly #access: DirectoryAccess;
  readonly #open = new Map<string, Directory>();
  readonly #made: {parent: Directory; name: string}[] = [];
  readonly #userId: number | undefined;

  private constructor(root: Directory, access: DirectoryAccess, userId: number | undefined) {
    this.#root = root;
    this.#access = access;
    this.#userId = userId;
    this.#open.set('', root);
  }

  static async open(repoPath: string, access: DirectoryAccess, userId: number | undefined): Promise<WorkTree> {
    let root: Directory;
    try {
      root = await openRoot(repoPath, access);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') throw new JobFailure('path-missing', 'Path does not exist', {cause: error});
      if (errorCode(error) === 'ENOTDIR')
        throw new JobFailure('not-a-repository', 'The path is not a folder', {cause: error});
      throw writeFailure(error, '');
    }
    const tree = new WorkTree(root, access, userId);
    try {
      if (await hasEntry(root, '.git')) return tree;
      throw new JobFailure(
        'no-work-tree',
        'The path has no ".git", so it is no checkout that files could be written into.',
      );
    } catch (error) {
      await tree.close();
      throw error;
    }
  }

  /** The folder of a file, or undefined when it does not exist yet. */
  async findFolder(path: string): Promise<Directory | undefined> {
    let folder = this.#root;
    for (const at of foldersOf(path)) {
      const known = this.#open.get(at);
      const child = known ?? (await this.#openFolder(folder, at));
      if (child === undefined) return undefined;
      folder = child;
    }
    return folder;
  }

  /** The folder of a file, made where it is missing and recorded for `removeMade`. */
  async makeFolder(path: string): Promise<Directory> {
    let folder = this.#root;
    for (const at of foldersOf(path)) {
      let child = this.#open.get(at) ?? (await this.#openFolder(folder, at));
      if (child === undefined) {
        await this.#make(folder, at);
        child = await this.#openFolder(folder, at);
        if (child === undefined) throw movedAway(at);
        child = await this.#giveToOwnerOf(folder, child);
        this.#open.set(at, child);
      }
      folder = child;
    }
    return folder;
  }

  /** True when the path still leads from the root to this very folder. */
  async leadsTo(path: string, folder: Directory): Promise<boolean> {
    const opened: Directory[] = [];
    try {
      let at = this.#root;
      for (const name of path.split('/').slice(0, -1)) {
        at = await openChild(at, name, this.#access);
        opened.push(at);
      }
      return sameFile(at.stat, folder.stat);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '')) return false;
      throw error;
    } finally {
      await Promise.all(opened.map(({handle}) => handle.close()));
    }
  }

  /** Makes the entries of these folders, and of those that had to be made, survive a power cut. */
  async sync(folders: Iterable<Directory>): Promise<void> {
    const all = new Set([...folders, ...this.#made.map(({parent}) => parent)]);
    await Promise.all(Array.from(all, ({handle}) => handle.sync()));
  }

  /** Takes back the folders that `makeFolder` made and nobody has put anything into. */
  async removeMade(): Promise<void> {
    for (const {parent, name} of this.#made.reverse()) {
      // Best effort on the way out of a failure: one that is in use, or gone, stays as it is.
      await rmdir(parent.at(name)).catch(() => {});
    }
    this.#made.length = 0;
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#open.values(), ({handle}) => handle.close()));
    this.#open.clear();
  }

  async #openFolder(parent: Directory, path: string): Promise<Directory | undefined> {
    let child: Directory;
    try {
      child = await openChild(parent, nameOf(path), this.#access);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      if (['ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '')) {
        throw new JobFailure('path-not-a-file', `${quoteText(path)} is a link or a file, not a folder.`, {
          cause: error,
        });
      }
      throw writeFailure(error, path);
    }
    this.#open.set(path, child);
    if ((await hasEntry(child, '.git')) || (await looksLikeGitDirectory(child))) {
      throw new JobFailure('path-escapes', `${quoteText(path)} is another repository inside this one.`);
    }
    return child;
  }

  async #make(parent: Directory, path: string): Promise<void> {
    if (!(await parent.isSame())) throw movedAway(path);
    try {
      await mkdir(parent.at(nameOf(path)));
      this.#made.push({parent, name: nameOf(path)});
    } catch (error) {
      // Somebody was faster; opening it tells whether it is a folder.
      if (errorCode(error) !== 'EEXIST') throw writeFailure(error, path);
    }
  }

  async #giveToOwnerOf(parent: Directory, child: Directory): Promise<Directory> {
    const {uid, gid} = parent.stat;
    if (this.#userId !== 0 || (uid === child.stat.uid && gid === child.stat.gid)) return child;
    await child.handle.chown(Number(uid), Number(gid));
    return {...child, stat: await child.handle.stat({bigint: true})};
  }
}

/** `a/b/c.md` gives `a`, `a/b`. */
function foldersOf(path: string): string[] {
  const segments = path.split('/').slice(0, -1);
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function movedAway(path: string): JobFailure {
  return new JobFailure('path-not-a-file', `${quoteText(path)} was moved while it was being written to.`);
}

async function hasEntry(folder: Directory, name: string): Promise<boolean> {
  try {
    await lstat(folder.at(name));
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw writeFailure(error, name);
  }
}

/** A bare repository that was committed as plain files: git would run hooks from it. */
async function looksLikeGitDirectory(folder: Directory): Promise<boolean> {
  return (await hasEntry(folder, 'HEAD')) && (await hasEntry(folder, 'objects')) && (await hasEntry(folder, 'refs'));
}
