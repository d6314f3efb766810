import {fstatSync, lstatSync, mkdirSync, renameSync, rmdirSync} from 'node:fs';
import {JobFailure} from '../domain/outcome.ts';
import {
  type Directory,
  type DirectoryAccess,
  detectDirectoryAccess,
  flush,
  giveToOwnerOf,
  openChild,
  openRoot,
} from '../util/directory.ts';
import {ignoreCode} from '../util/ignore-code.ts';
import {quoteText} from '../util/quote-text.ts';
import {assertNotCheckedOut, readBranch} from './branch-state.ts';
import type {RepoLocation} from './locate-repo.ts';
import {lockRef} from './ref-lock.ts';

/**
 * Moves a branch from what it is expected to be at, `undefined` for none, to a commit, with git's own lock file: git and this see each
 * other. Durable when it resolves. Throws `branch-locked` when it is elsewhere by now, or locked.
 */
export async function moveBranch(location: RepoLocation, move: BranchMove): Promise<void> {
  const access = detectDirectoryAccess();
  const folders: Directory[] = [];
  const objects = openRoot(location.objectsDirectory, access);
  try {
    const segments = ['refs', 'heads', ...move.branch.split('/')];
    const name = segments.pop()!;
    let folder = openRoot(location.commonDirectory, access);
    folders.push(folder);
    for (const segment of segments) {
      folder = openOrMake(folder, segment, move.branch, access);
      folders.push(folder);
    }
    await moveLocked(location, move, {folder, objects, name});
    for (const {descriptor} of folders) await flush(descriptor);
  } finally {
    for (const opened of [objects, ...folders]) opened.close();
  }
}

export interface BranchMove {
  readonly branch: string;
  readonly expected: string | undefined;
  readonly commit: string;
  /** Whether a commit was made by us: a lock that holds such a one was left by a crash. */
  readonly isOurs: (commit: string) => Promise<boolean>;
}

async function moveLocked(
  location: RepoLocation,
  {branch, expected, commit, isOurs}: BranchMove,
  {folder, objects, name}: {readonly folder: Directory; readonly objects: Directory; readonly name: string},
): Promise<void> {
  const lock = await lockRef({folder, objects, ref: name, commit, isOurs});
  let landed = false;
  try {
    // Nobody who keeps to the protocol can move it from here on.
    assertNotCheckedOut(location, branch);
    const now = readBranch(location, branch);
    if (now !== expected)
      throw new JobFailure('branch-locked', `The branch ${quoteText(branch)} was moved by someone else meanwhile.`);
    removeEmptyFolder(folder, name, branch);
    if (!folder.isSame()) throw new JobFailure('branch-locked', 'The folder of the branch was moved away.');
    renameSync(folder.at(lock.name), folder.at(name));
    landed = true;
  } finally {
    if (!landed) lock.release();
  }
}

function openOrMake(parent: Directory, name: string, branch: string, access: DirectoryAccess): Directory {
  // git removes a folder that has become empty; it may do so between the two steps.
  for (let attempt = 0; ; attempt++) {
    try {
      return openChild(parent, name, access);
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException;
      if (code === 'ENOTDIR' || code === 'ELOOP') {
        throw new JobFailure(
          'branch-unsupported',
          `The folder of the branch ${quoteText(branch)} is a link or a file; nothing was written.`,
          {cause: error},
        );
      }
      if (code !== 'ENOENT' || attempt === 5) throw error;
    }
    ignoreCode('EEXIST', () => mkdirSync(parent.at(name), {mode: Number(parent.stat.mode) & 0o7777}));
    let made: Directory;
    try {
      made = openChild(parent, name, access);
    } catch {
      // Gone again, or something else by now; the next look says which.
      continue;
    }
    giveToOwnerOf(parent, made.descriptor);
    // What is made inside belongs to whom it belongs to by now.
    return {...made, stat: fstatSync(made.descriptor, {bigint: true})};
  }
}

/** What branches below the name left behind when they were deleted. */
function removeEmptyFolder(folder: Directory, name: string, branch: string): void {
  if (lstatSync(folder.at(name), {throwIfNoEntry: false})?.isDirectory() !== true) return;
  try {
    rmdirSync(folder.at(name));
  } catch (error) {
    throw new JobFailure('branch-name-taken', `There are branches below ${quoteText(branch)}.`, {cause: error});
  }
}
