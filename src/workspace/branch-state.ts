import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {JobFailure} from '../domain/outcome.ts';
import {isObjectId} from '../util/git-blob-id.ts';
import {quoteText} from '../util/quote-text.ts';
import {readSmallFile} from '../util/read-small-file.ts';
import type {RepoLocation} from './locate-repo.ts';
import {packedRefs, readRefFile} from './read-head.ts';

/** The commit a branch is at, read as files; undefined when there is no such branch. Throws `branch-unsupported` and `branch-name-taken`. */
export function readBranch(location: RepoLocation, branch: string): string | undefined {
  const ref = `refs/heads/${branch}`;
  const value = readRefFile(location, ref);
  if (value?.startsWith('ref:'))
    throw new JobFailure('branch-unsupported', `The branch ${quoteText(branch)} is a symbolic ref; it was left alone.`);
  const packed = packedRefs(location);
  for (let end = ref.indexOf('/', 'refs/heads/'.length); end !== -1; end = ref.indexOf('/', end + 1)) {
    const parent = ref.slice(0, end);
    if (packed.has(parent) || isFile(location, parent)) throw nameTaken(parent, branch);
  }
  for (const other of packed.keys()) if (other.startsWith(`${ref}/`)) throw nameTaken(other, branch);
  const commit = value ?? packed.get(ref);
  if (commit === undefined) return undefined;
  if (isObjectId(commit)) return commit;
  throw new JobFailure('repo-corrupt', `The branch ${quoteText(branch)} leads to something that is not a commit id.`);
}

/** Throws `branch-checked-out` when a work tree of the repo is on the branch, or in the middle of rebasing or bisecting it. */
export function assertNotCheckedOut(location: RepoLocation, branch: string): void {
  const ref = `refs/heads/${branch}`;
  const worktrees = join(location.commonDirectory, 'worktrees');
  const directories = [
    location.commonDirectory,
    location.gitDirectory,
    ...listFolder(worktrees).map(name => join(worktrees, name)),
  ];
  for (const directory of directories) {
    const says = (file: string): string | undefined => readText(join(directory, file));
    const isOnIt =
      says('HEAD')?.replace(/^ref:\s*/, '') === ref ||
      [says('rebase-merge/head-name'), says('rebase-apply/head-name')].includes(ref) ||
      says('BISECT_START') === branch;
    if (isOnIt)
      throw new JobFailure('branch-checked-out', `The branch ${quoteText(branch)} is checked out; it was left alone.`);
  }
}

function isFile(location: RepoLocation, ref: string): boolean {
  return readText(join(location.commonDirectory, ref)) !== undefined;
}

function readText(path: string): string | undefined {
  try {
    return readSmallFile(path, 4096)?.toString('utf8').trim();
  } catch {
    // A folder, or nothing that git would read either.
    return undefined;
  }
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function nameTaken(ref: string, branch: string): JobFailure {
  const other = ref.replace(/^refs\/heads\//, '');
  return new JobFailure(
    'branch-name-taken',
    `The branch ${quoteText(other)} exists, so that there can be none named ${quoteText(branch)}.`,
  );
}
