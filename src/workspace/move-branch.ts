import {constants} from 'node:fs';
import {lstat, mkdir, open, rename, rmdir, unlink} from 'node:fs/promises';
import {JobFailure} from '../domain/outcome.ts';
import {type Directory, type DirectoryAccess, detectDirectoryAccess, openChild, openRoot} from '../util/directory.ts';
import {quoteText} from '../util/quote-text.ts';
import {assertNotCheckedOut, readBranch} from './branch-state.ts';
import type {RepoLocation} from './locate-repo.ts';
import {giveToOwnerOf} from './write-objects.ts';

/**
 * Moves a branch from what it is expected to be at, `undefined` for none, to a commit, with git's own lock file: git and this see each
 * other. Durable when it resolves. Throws `branch-locked` when it is elsewhere by now, or locked.
 */
export async function moveBranch(
  location: RepoLocation,
  branch: string,
  expected: string | undefined,
  commit: string,
): Promise<void> {
  const access = detectDirectoryAccess();
  const folders: Directory[] = [];
  try {
    const segments = ['refs', 'heads', ...branch.split('/')];
    const name = segments.pop()!;
    let folder = await openRoot(location.commonDirectory, access);
    folders.push(folder);
    for (const segment of segments) {
      folder = await openOrMake(folder, segment, branch, access);
      folders.push(folder);
    }
    await moveLocked(location, {branch, expected, commit}, folder, name);
    for (const opened of folders) await opened.handle.sync();
  } finally {
    for (const {handle} of folders) await handle.close();
  }
}

interface Move {
  readonly branch: string;
  readonly expected: string | undefined;
  readonly commit: string;
}

async function moveLocked(
  location: RepoLocation,
  {branch, expected, commit}: Move,
  folder: Directory,
  name: string,
): Promise<void> {
  const lock = `${name}.lock`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(folder.at(lock), flags, 0o666).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new JobFailure(
      'branch-locked',
      `The branch ${quoteText(branch)} is locked by ${quoteText(`${branch}.lock`)}.`,
    );
  });
  let landed = false;
  try {
    await handle.writeFile(`${commit}\n`);
    await giveToOwnerOf(folder, handle);
    await handle.sync();
    // Nobody who keeps to the protocol can move it from here on.
    assertNotCheckedOut(location, branch);
    const now = readBranch(location, branch);
    if (now !== expected)
      throw new JobFailure('branch-locked', `The branch ${quoteText(branch)} was moved by someone else meanwhile.`);
    await removeEmptyFolder(folder, name, branch);
    if (!(await folder.isSame())) throw new JobFailure('branch-locked', 'The folder of the branch was moved away.');
    await rename(folder.at(lock), folder.at(name));
    landed = true;
  } finally {
    await handle.close();
    if (!landed) await unlink(folder.at(lock));
  }
}

async function openOrMake(
  parent: Directory,
  name: string,
  branch: string,
  access: DirectoryAccess,
): Promise<Directory> {
  // git removes a folder that has become empty; it may do so between the two steps.
  for (let attempt = 0; ; attempt++) {
    try {
      return await openChild(parent, name, access);
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
    await mkdir(parent.at(name), {mode: Number(parent.stat.mode) & 0o7777}).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const made = await openChild(parent, name, access).catch(() => undefined);
    if (made === undefined) continue;
    await giveToOwnerOf(parent, made.handle);
    // What is made inside belongs to whom it belongs to by now.
    return {...made, stat: await made.handle.stat({bigint: true})};
  }
}

/** What branches below the name left behind when they were deleted. */
async function removeEmptyFolder(folder: Directory, name: string, branch: string): Promise<void> {
  if ((await lstat(folder.at(name)).catch(() => undefined))?.isDirectory() !== true) return;
  await rmdir(folder.at(name)).catch((error: unknown) => {
    throw new JobFailure('branch-name-taken', `There are branches below ${quoteText(branch)}.`, {cause: error});
  });
}
