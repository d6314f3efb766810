import {accessSync, constants, lstatSync, statSync} from 'node:fs';
import {stat} from 'node:fs/promises';
import {basename, dirname, join, resolve} from 'node:path';
import {JobFailure} from '../domain/outcome.ts';
import {readSmallFile} from '../util/read-small-file.ts';

/** Where the parts of a repository are. All paths are absolute. */
export interface RepoLocation {
  /** As it was asked for. */
  readonly path: string;
  /** Holds HEAD; of its own for a linked worktree. */
  readonly gitDirectory: string;
  /** Holds refs and objects; the same for every worktree of a repository. */
  readonly commonDirectory: string;
  readonly objectsDirectory: string;
  /** Absent for a bare repository. */
  readonly workTree?: string;
}

/**
 * Finds the repository at exactly this path: a work tree, a linked worktree, a submodule or a bare repository. Reads no configuration.
 * Throws `JobFailure` with `path-missing`, `not-a-repository` or `repo-unreadable`.
 */
export async function locateRepo(path: string): Promise<RepoLocation> {
  // Only this first look may wait for a dead mount, so only it must be asynchronous.
  const info = await stat(path).catch((error: unknown) => refuse(error, 'path-missing', 'Path does not exist'));
  if (!info.isDirectory()) throw new JobFailure('not-a-repository', 'The path is not a folder');
  try {
    return locateIn(path);
  } catch (error) {
    if (error instanceof JobFailure) throw error;
    return refuse(error, 'not-a-repository', 'No git repository at the path');
  }
}

function locateIn(path: string): RepoLocation {
  const dotGit = join(path, '.git');
  const entry = statSync(dotGit, {throwIfNoEntry: false});
  if (entry === undefined) {
    // A link that leads nowhere is not the same as a bare repository.
    if (lstatSync(dotGit, {throwIfNoEntry: false}) !== undefined) throw notARepo('its .git is a broken link');
    return locationOf(path, path, undefined);
  }
  return locationOf(path, entry.isDirectory() ? dotGit : followGitFile(path, dotGit), path);
}

function followGitFile(path: string, dotGit: string): string {
  const text = readText(dotGit, 'its .git is neither a folder nor a file');
  const target = text?.startsWith('gitdir:') ? text.slice('gitdir:'.length).trim() : '';
  if (target === '') throw notARepo('its .git file names no folder');
  return resolve(path, target);
}

function locationOf(path: string, gitDirectory: string, workTree: string | undefined): RepoLocation {
  const common = readText(join(gitDirectory, 'commondir'), 'its commondir is not a file')?.trim();
  const commonDirectory = common === undefined ? gitDirectory : resolve(gitDirectory, common);
  const objectsDirectory = join(commonDirectory, 'objects');
  const isRepo =
    isFolder(objectsDirectory) &&
    isFolder(join(commonDirectory, 'refs')) &&
    lstatSync(join(gitDirectory, 'HEAD'), {throwIfNoEntry: false}) !== undefined;
  if (!isRepo)
    throw gitDirectory === path ? notAtPath(path) : new JobFailure('not-a-repository', 'No git repository at the path');
  accessSync(objectsDirectory, constants.R_OK | constants.X_OK);
  const isInnerGit = workTree === undefined && basename(path) === '.git' && gitDirectory === path;
  const tree = isInnerGit ? dirname(path) : workTree;
  return {path, gitDirectory, commonDirectory, objectsDirectory, ...(tree === undefined ? {} : {workTree: tree})};
}

function readText(path: string, otherwise: string): string | undefined {
  try {
    return readSmallFile(path, 64 * 1024)?.toString('utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOTREG' || code === 'EFBIG') throw notARepo(otherwise);
    throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() === true;
}

/** People name a folder of a repo when they mean the repo. */
function notAtPath(path: string): JobFailure {
  for (let above = dirname(path), below = path; above !== below; below = above, above = dirname(above)) {
    if (statSync(join(above, '.git'), {throwIfNoEntry: false}) === undefined) continue;
    return new JobFailure('not-a-repository', 'The path is a folder inside a git repository', {
      next: `Name the repository: ${JSON.stringify(above)}`,
    });
  }
  return new JobFailure('not-a-repository', 'No git repository at the path');
}

function notARepo(why: string): JobFailure {
  return new JobFailure('not-a-repository', `No git repository at the path: ${why}`);
}

/** Tells "may not" from "is not". */
function refuse(error: unknown, reason: 'path-missing' | 'not-a-repository', message: string): never {
  switch (codeOf(error)) {
    case 'EACCES':
    case 'EPERM':
      throw new JobFailure('repo-unreadable', 'The repository may not be read by this user', {cause: error});
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ELOOP':
    case 'ENAMETOOLONG':
    case 'ERR_INVALID_ARG_VALUE':
      throw new JobFailure(reason, message, {cause: error});
    default:
      throw new JobFailure('repo-unreadable', `The repository cannot be read (${codeOf(error) ?? 'unknown error'})`, {
        cause: error,
      });
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
