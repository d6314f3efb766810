import {lstatSync, readlinkSync, statSync} from 'node:fs';
import {join} from 'node:path';
import type {Head} from '../domain/git.ts';
import {JobFailure} from '../domain/outcome.ts';
import {formatOfId, isObjectId} from '../util/git-blob-id.ts';
import {gitEnvironment} from '../util/git-environment.ts';
import {readSmallFile} from '../util/read-small-file.ts';
import {runCommand} from '../util/run-command.ts';
import type {RepoLocation} from './locate-repo.ts';

export interface HeadPosition extends Head {
  readonly objectFormat: 'sha1' | 'sha256';
}

/**
 * Where HEAD is now, read as files, without a process (but for the reftable format, which only git can read).
 * Throws `JobFailure` with `no-commits`, `repo-corrupt`, `repo-unreadable` or `repo-unsupported`.
 */
export async function readHead(location: RepoLocation, options: {gitPath?: string} = {}): Promise<HeadPosition> {
  let value = readRefFile(location, 'HEAD');
  if (value === undefined) throw new JobFailure('repo-corrupt', 'The repository has no HEAD');
  let branch: string | undefined;
  for (let depth = 0; value.startsWith('ref:'); depth++) {
    if (depth === 5) throw new JobFailure('repo-corrupt', 'HEAD is a chain of too many symbolic refs');
    const ref = value.slice('ref:'.length).trim();
    // What git writes there when refs are kept in the reftable format.
    if (ref === 'refs/heads/.invalid') return askGit(location, options.gitPath ?? 'git');
    if (!isSafeRef(ref)) throw new JobFailure('repo-corrupt', 'HEAD names a ref that is not valid');
    if (depth === 0 && ref.startsWith('refs/heads/')) branch = ref.slice('refs/heads/'.length);
    const next: string | undefined = readRefFile(location, ref) ?? readPackedRef(location, ref);
    if (next === undefined) throw new JobFailure('no-commits', 'The branch that HEAD names has no commit yet');
    value = next;
  }
  return positionOf(value, branch);
}

/** The ref's text, trimmed; undefined when it is not there as a file. */
export function readRefFile(location: RepoLocation, ref: string): string | undefined {
  const isOwnOfWorktree = ref === 'HEAD' || /^refs\/(?:bisect|worktree|rewritten)\//.test(ref);
  const path = join(isOwnOfWorktree ? location.gitDirectory : location.commonDirectory, ref);
  return guard(() => {
    // Old repositories have HEAD as a link to the ref itself.
    if (ref === 'HEAD' && lstatSync(path, {throwIfNoEntry: false})?.isSymbolicLink() === true) {
      const target = readlinkSync(path);
      if (target.startsWith('refs/')) return `ref: ${target}`;
    }
    try {
      return readSmallFile(path, 4096)?.toString('utf8').trim();
    } catch (error) {
      // `refs/heads/a` may be a folder that `refs/heads/a/b` left behind.
      if (ref !== 'HEAD' && statSync(path, {throwIfNoEntry: false})?.isDirectory() === true) return undefined;
      throw error;
    }
  });
}

/** All packed refs with what they lead to. */
export function packedRefs(location: RepoLocation): ReadonlyMap<string, string> {
  const bytes = readPackedRefs(location);
  const refs = new Map<string, string>();
  for (const line of bytes?.toString('utf8').split('\n') ?? []) {
    const space = line.indexOf(' ');
    if (isObjectId(line.slice(0, space))) refs.set(line.slice(space + 1), line.slice(0, space));
  }
  return refs;
}

function readPackedRef(location: RepoLocation, ref: string): string | undefined {
  const bytes = readPackedRefs(location);
  if (bytes === undefined) return undefined;
  const wanted = Buffer.from(` ${ref}\n`);
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) {
    const id = bytes.toString('latin1', bytes.lastIndexOf(0x0a, at) + 1, at);
    if (isObjectId(id)) return id;
  }
  return undefined;
}

function readPackedRefs(location: RepoLocation): Buffer | undefined {
  return guard(() => readSmallFile(join(location.commonDirectory, 'packed-refs'), 256 * 1024 * 1024));
}

function isSafeRef(ref: string): boolean {
  return ref.startsWith('refs/') && ref.length < 4096 && !/(?:^|\/)\.|\/\/|\/$|[\0-\x20\x7f\\]/.test(ref);
}

function positionOf(value: string, branch: string | undefined): HeadPosition {
  // git reads the id and ignores what follows white space.
  const commit = value.split(/\s/, 1)[0]!;
  if (!isObjectId(commit)) throw new JobFailure('repo-corrupt', 'HEAD leads to something that is not a commit id');
  return {commit, objectFormat: formatOfId(commit), ...(branch === undefined ? {} : {branch})};
}

/** What is not a readable file is a fault of the repository, not of ours. */
function guard<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EACCES' || code === 'EPERM') {
      throw new JobFailure('repo-unreadable', 'HEAD or its ref may not be read by this user', {cause: error});
    }
    if (code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined as Value;
    throw new JobFailure('repo-corrupt', 'HEAD or its ref is not a plain file', {cause: error});
  }
}

async function askGit(location: RepoLocation, gitPath: string): Promise<HeadPosition> {
  const args = ['ls-remote', '--symref', '--', location.commonDirectory, 'HEAD'];
  const env = gitEnvironment({GIT_DIR: '/nonexistent'});
  const {exitCode, stdout} = await runCommand(gitPath, args, {env, timeoutMs: 20_000, maxBytes: 1024 * 1024});
  const isLinked = location.gitDirectory !== location.commonDirectory;
  if (exitCode !== 0 || isLinked) {
    throw new JobFailure(
      'repo-unsupported',
      'The repository keeps its refs in the reftable format, which cannot be read here',
    );
  }
  const lines = stdout.toString('utf8').split('\n');
  const branch = lines
    .find(line => line.startsWith('ref: refs/heads/'))
    ?.slice('ref: refs/heads/'.length)
    .split('\t')[0];
  const id = lines.find(line => line.endsWith('\tHEAD') && !line.startsWith('ref:'));
  if (id === undefined) throw new JobFailure('no-commits', 'The branch that HEAD names has no commit yet');
  return positionOf(id, branch);
}
