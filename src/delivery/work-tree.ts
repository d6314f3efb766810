import {fstatSync, lstatSync, mkdirSync, rmdirSync} from 'node:fs';
import {JobFailure} from '../domain/outcome.ts';
import {
  type Directory,
  type DirectoryAccess,
  flush,
  giveToOwnerOf,
  openChild,
  openRoot,
  sameFile,
} from '../util/directory.ts';
import {quoteText} from '../util/quote-text.ts';
import {errorCode, writeFailure} from './write-failure.ts';

/** The user's checkout, its folders opened one by one from the root without following a link. Close it. */
export class WorkTree {
  readonly #root: Directory;
  readonly #access: DirectoryAccess;
  readonly #open = new Map<string, Directory>();
  readonly #made: {parent: Directory; name: string}[] = [];

  private constructor(root: Directory, access: DirectoryAccess) {
    this.#root = root;
    this.#access = access;
    this.#open.set('', root);
  }

  static open(repoPath: string, access: DirectoryAccess): WorkTree {
    let root: Directory;
    try {
      root = openRoot(repoPath, access);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') throw new JobFailure('path-missing', 'Path does not exist', {cause: error});
      if (errorCode(error) === 'ENOTDIR')
        throw new JobFailure('not-a-repository', 'The path is not a folder', {cause: error});
      throw writeFailure(error, '');
    }
    const tree = new WorkTree(root, access);
    try {
      if (hasEntry(root, '.git')) return tree;
      throw new JobFailure(
        'no-work-tree',
        'The path has no ".git", so it is no checkout that files could be written into.',
      );
    } catch (error) {
      tree.close();
      throw error;
    }
  }

  /** The folder of a file, or undefined when it does not exist yet. */
  findFolder(path: string): Directory | undefined {
    let folder = this.#root;
    for (const at of foldersOf(path)) {
      const known = this.#open.get(at);
      const child = known ?? this.#openFolder(folder, at);
      if (child === undefined) return undefined;
      folder = child;
    }
    return folder;
  }

  /** The folder of a file, made where it is missing and recorded for `removeMade`. */
  makeFolder(path: string): Directory {
    let folder = this.#root;
    for (const at of foldersOf(path)) {
      let child = this.#open.get(at) ?? this.#openFolder(folder, at);
      if (child === undefined) {
        this.#make(folder, at);
        child = this.#openFolder(folder, at);
        if (child === undefined) throw movedAway(at);
        giveToOwnerOf(folder, child.descriptor);
        // What is made inside belongs to whom it belongs to by now.
        child = {...child, stat: fstatSync(child.descriptor, {bigint: true})};
        this.#open.set(at, child);
      }
      folder = child;
    }
    return folder;
  }

  /** True when the path still leads from the root to this very folder. */
  leadsTo(path: string, folder: Directory): boolean {
    const opened: Directory[] = [];
    try {
      let at = this.#root;
      for (const name of path.split('/').slice(0, -1)) {
        at = openChild(at, name, this.#access);
        opened.push(at);
      }
      return sameFile(at.stat, folder.stat);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '')) return false;
      throw error;
    } finally {
      for (const directory of opened) directory.close();
    }
  }

  /** Makes the entries of these folders, and of those that had to be made, survive a power cut. */
  async sync(folders: Iterable<Directory>): Promise<void> {
    const all = new Set([...folders, ...this.#made.map(({parent}) => parent)]);
    await Promise.all(Array.from(all, ({descriptor}) => flush(descriptor)));
  }

  /** Takes back the folders that `makeFolder` made and nobody has put anything into. */
  removeMade(): void {
    for (const {parent, name} of this.#made.reverse()) {
      try {
        rmdirSync(parent.at(name));
      } catch {
        // Best effort on the way out of a failure: one that is in use, or gone, stays as it is.
      }
    }
    this.#made.length = 0;
  }

  close(): void {
    for (const directory of this.#open.values()) directory.close();
    this.#open.clear();
  }

  #openFolder(parent: Directory, path: string): Directory | undefined {
    let child: Directory;
    try {
      child = openChild(parent, nameOf(path), this.#access);
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
    if (hasEntry(child, '.git') || looksLikeGitDirectory(child)) {
      throw new JobFailure('path-escapes', `${quoteText(path)} is another repository inside this one.`);
    }
    return child;
  }

  #make(parent: Directory, path: string): void {
    if (!parent.isSame()) throw movedAway(path);
    try {
      mkdirSync(parent.at(nameOf(path)));
      this.#made.push({parent, name: nameOf(path)});
    } catch (error) {
      // Somebody was faster; opening it tells whether it is a folder.
      if (errorCode(error) !== 'EEXIST') throw writeFailure(error, path);
    }
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

function hasEntry(folder: Directory, name: string): boolean {
  try {
    return lstatSync(folder.at(name), {throwIfNoEntry: false}) !== undefined;
  } catch (error) {
    throw writeFailure(error, name);
  }
}

/** A bare repository that was committed as plain files: git would run hooks from it. */
function looksLikeGitDirectory(folder: Directory): boolean {
  return hasEntry(folder, 'HEAD') && hasEntry(folder, 'objects') && hasEntry(folder, 'refs');
}
