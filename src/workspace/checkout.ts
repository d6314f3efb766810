import {randomBytes} from 'node:crypto';
import {chown, mkdir, rm, statfs} from 'node:fs/promises';
import {join} from 'node:path';
import type {FileEdit, LeftOutPath} from '../domain/change.ts';
import type {TreeEntry} from '../domain/git.ts';
import {JobFailure} from '../domain/outcome.ts';
import {findEdits} from './checkout-edits.ts';
import {type FileStamp, stampTree} from './checkout-stamps.ts';
import {ensureGitDirectory} from './git-directory.ts';
import type {RepoReader} from './object-reader.ts';
import {runOwnGit} from './own-git.ts';
import {discardFolder, openWorkspaces, workspaceName} from './workspace-folders.ts';

/** A private work tree at the planned commit, without `.git`. Whatever happens in it, nothing else changes. */
export interface Checkout {
  /** Absolute path of the work tree. Links of the repo are links, submodules are empty folders, filters and line endings are not applied. */
  readonly directory: string;
  /**
   * What was changed in it since, in path order; to be asked when no process is at work there. Throws `JobFailure` when that is
   * more than a change may hold, and the reason of the signal when that aborts.
   */
  edits(signal?: AbortSignal): Promise<FileEdit[]>;
  /** What the last `edits` found and is no part of a change, such as build output that the repo ignores. */
  readonly leftOut: readonly LeftOutPath[];
  /** Removes it with all that is in it. */
  remove(): Promise<void>;
}

export interface CheckoutOptions {
  /** Whom all of it belongs to; default: us. Needs root. */
  readonly owner?: {readonly uid: number; readonly gid: number} | undefined;
}

/** Makes checkouts, one a job that needs one. */
export interface Checkouts {
  create(reader: RepoReader, options?: CheckoutOptions): Promise<Checkout>;
}

export interface CheckoutsOptions {
  /** `<state>/workspaces`; made when missing. */
  readonly directory: string;
  /** Where our own git dirs are, `<state>/git`. */
  readonly gitDirectory: string;
  /** Default `git`, found through PATH. */
  readonly gitPath?: string;
}

/** Removes, before the first one is made, what processes that died left there. */
export function createCheckouts(options: CheckoutsOptions): Checkouts {
  const ready = openWorkspaces(options.directory);
  return {
    async create(reader, {owner} = {}) {
      await ready();
      const folder = join(options.directory, workspaceName(randomBytes(6).toString('hex')));
      const directory = join(folder, 'tree');
      await mkdir(directory, {recursive: true, mode: 0o700});
      try {
        const base = await readBase(reader);
        await writeTree(reader, folder, directory, options);
        const stamps = await stampTree(directory, owner);
        if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
        return openCheckout({folder, directory, base, stamps, reader}, options);
      } catch (error) {
        await discardFolder(folder);
        throw error;
      }
    },
  };
}

interface MadeCheckout {
  readonly folder: string;
  readonly directory: string;
  readonly base: readonly TreeEntry[];
  readonly stamps: ReadonlyMap<string, FileStamp>;
  readonly reader: RepoReader;
}

function openCheckout(made: MadeCheckout, options: CheckoutsOptions): Checkout {
  let leftOut: readonly LeftOutPath[] = [];
  return {
    directory: made.directory,
    get leftOut() {
      return leftOut;
    },
    async edits(signal) {
      const gitDirectory = await ensureGitDirectory(options.gitDirectory, made.reader.objectFormat);
      const probe = join(made.folder, 'ignore');
      const found = await findEdits({...made, ignore: {...options, gitDirectory, directory: probe}}, signal);
      leftOut = found.leftOut;
      return found.edits;
    },
    remove: () => discardFolder(made.folder),
  };
}

/** Checked object by object; what no checkout may hold throws here, before git is asked to write it. */
async function readBase(reader: RepoReader): Promise<TreeEntry[]> {
  const [commit] = await reader.history(reader.head.commit, 1);
  return await reader.tree(commit!.tree);
}

async function writeTree(
  reader: RepoReader,
  folder: string,
  directory: string,
  {gitDirectory, gitPath = 'git'}: CheckoutsOptions,
): Promise<void> {
  const index = join(folder, 'index');
  const own = {
    gitPath,
    gitDirectory: await ensureGitDirectory(gitDirectory, reader.objectFormat),
    objectDirectories: [reader.location.objectsDirectory],
    env: {GIT_INDEX_FILE: index, GIT_WORK_TREE: directory},
  };
  const settings = ['-c', 'core.symlinks=true', '-c', 'core.attributesFile=/dev/null'];
  for (const args of [
    ['read-tree', reader.head.commit],
    [...settings, 'checkout-index', '--all', '--quiet'],
  ]) {
    const {exitCode} = await runOwnGit(args, own, {cwd: directory});
    if (exitCode !== 0) throw await checkoutFailed(directory);
  }
  await rm(index, {force: true});
}

async function checkoutFailed(directory: string): Promise<JobFailure> {
  const disk = await statfs(directory);
  if (disk.bavail * disk.bsize < 1024 * 1024 || (disk.files > 0 && disk.ffree === 0))
    return new JobFailure('disk-full', 'No space is left to check the repository out.');
  return new JobFailure('repo-corrupt', 'The planned commit cannot be checked out: an object is missing or damaged.');
}
