import {createHash} from 'node:crypto';
import {mkdir, readdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {JobFailure} from '../domain/outcome.ts';
import {formatOfId} from '../util/git-blob-id.ts';
import {quoteText} from '../util/quote-text.ts';
import {readSmallFile} from '../util/read-small-file.ts';
import {writeAtomically} from '../util/write-atomically.ts';
import {withLock} from './folder-lock.ts';
import {ensureGitDirectory} from './git-directory.ts';
import {runOwnGit} from './own-git.ts';
import type {RemoteGit} from './remote-git.ts';
import {parseRemoteUrl, type RemoteUrl} from './remote-url.ts';
import {sweepGitDirectory} from './sweep-git-directory.ts';

/** Repos that are known by their url only, kept as bare repositories of ours. */
export interface Mirrors {
  /**
   * Fetches what is new of a branch, default the one that HEAD of the remote names, and gives the path of the mirror, whose HEAD is
   * that branch. Once for each url and branch; several processes wait for each other. Throws `JobFailure`: `remote-…`, `clone-failed`.
   */
  refresh(url: string, branch: string | undefined): Promise<string>;
}

export interface MirrorsOptions {
  /** `<state>/mirrors`; made when missing. */
  readonly directory: string;
  readonly remoteGit: RemoteGit;
  readonly gitPath?: string | undefined;
}

/** Commits kept: more than a model is ever shown. */
const depth = 200;
const lockWaitMs = 15 * 60_000;
const maxPacks = 40;

export function createMirrors(options: MirrorsOptions): Mirrors {
  const refreshed = new Map<string, Promise<string>>();
  return {
    refresh(url, branch) {
      const key = createHash('sha256')
        .update(JSON.stringify([url, branch ?? null]))
        .digest('hex')
        .slice(0, 24);
      const known = refreshed.get(key);
      if (known !== undefined) return known;
      const path = refreshMirror(parseRemoteUrl(url, {trusted: true}), branch, join(options.directory, key), options);
      refreshed.set(key, path);
      // What failed is tried again by the next job.
      path.catch(() => refreshed.delete(key));
      return path;
    },
  };
}

async function refreshMirror(
  remote: RemoteUrl,
  branch: string | undefined,
  folder: string,
  options: MirrorsOptions,
): Promise<string> {
  await mkdir(folder, {recursive: true, mode: 0o700});
  const done = await withLock(join(folder, 'lock'), lockWaitMs, async () => {
    const {ref, commit} = await findBranch(remote, branch, options.remoteGit);
    const mirror = await ensureGitDirectory(folder, formatOfId(commit));
    if (readSmallFile(join(mirror, ref), 4096)?.toString().trim() !== commit) {
      await fetchBranch(remote, ref, mirror, options.remoteGit);
      await repackSome(mirror, options);
    }
    await writeAtomically(join(mirror, 'HEAD'), `ref: ${ref}\n`, {durable: false});
    // Its age says when the mirror was last of use.
    await writeFile(join(folder, 'used'), `${remote.shown}\n`);
    return mirror;
  });
  if (done === undefined)
    throw new JobFailure('repo-busy', `Another process keeps fetching ${quoteText(remote.shown)}`);
  return done.value;
}

async function findBranch(
  remote: RemoteUrl,
  branch: string | undefined,
  remoteGit: RemoteGit,
): Promise<{ref: string; commit: string}> {
  const asked = branch === undefined ? 'HEAD' : `refs/heads/${branch}`;
  const {refs, head} = await remoteGit.list(remote, [asked]);
  const ref = branch === undefined ? head : asked;
  const commit = refs.get(asked);
  if (commit === undefined || ref === undefined || !/^refs\/heads\/[^\s\\]+$/.test(ref) || ref.includes('..')) {
    const what = branch === undefined ? 'no branch that its HEAD names' : `no branch ${quoteText(branch)}`;
    throw new JobFailure(
      branch === undefined ? 'no-commits' : 'base-branch-missing',
      `${remote.shown} has ${what}, or no commit on it`,
    );
  }
  return {ref, commit};
}

/** The folder is ours alone: a lock of git in it is that of a git that was killed. */
async function fetchBranch(remote: RemoteUrl, ref: string, mirror: string, remoteGit: RemoteGit): Promise<void> {
  await sweepGitDirectory(mirror);
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await remoteGit.fetch(remote, mirror, [`+${ref}:${ref}`], {depth, blobs: true});
    } catch (error) {
      if (!(error instanceof JobFailure) || error.failure.reason !== 'remote-error') throw error;
      // One that was still being killed when we looked may have left another.
      if (isFirst && (await sweepGitDirectory(mirror)) > 0) continue;
      throw new JobFailure('clone-failed', error.message, {cause: error});
    }
  }
}

/** Each fetch adds a pack, and git looks into all of them. */
async function repackSome(mirror: string, {gitPath}: MirrorsOptions): Promise<void> {
  const packs = await readdir(join(mirror, 'objects/pack')).catch(() => []);
  if (packs.filter(name => name.endsWith('.pack')).length <= maxPacks) return;
  await runOwnGit(['repack', '-a', '-d', '-q'], {gitPath, gitDirectory: mirror, objectDirectories: []}, {group: true});
}
