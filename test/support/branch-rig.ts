import {join} from 'node:path';
import type {Change, FileEdit} from '../../src/domain/change.ts';
import {type FailureReason, JobFailure} from '../../src/domain/outcome.ts';
import {makeTemporaryDirectory, runGit} from '../../src/testing/temporary-fleet.ts';
import {type BranchRequest, createBranches, type PreparedBranch} from '../../src/workspace/branches.ts';
import {makeChange} from '../../src/workspace/make-change.ts';
import {openObjectStore} from '../../src/workspace/object-store.ts';
import {RemoteGit, type RemoteGitOptions} from '../../src/workspace/remote-git.ts';
import {readHead} from './read-head.ts';

export interface Night extends Partial<Pick<BranchRequest, 'local' | 'push'>> {
  /** Texts by path; `null` removes. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly url?: string;
  readonly skill?: string;
  readonly output?: string;
  /** Seconds since 1970. */
  readonly at?: number;
  /** Called between looking and doing. */
  readonly meanwhile?: () => Promise<unknown>;
}

export interface BranchRig extends AsyncDisposable {
  readonly path: string;
  /** Makes a change at the HEAD of the repo and puts it on its branch. */
  night(repo: string, night: Night): Promise<Pick<PreparedBranch, 'branch' | 'commit' | 'state'>>;
  /** The same, expected to fail; gives the reason. */
  refused(repo: string, night: Night): Promise<FailureReason>;
  /** Commit of a branch, by git; empty when there is none. */
  tip(repo: string, branch?: string): Promise<string>;
}

export async function openBranchRig(remote: Partial<RemoteGitOptions> = {}): Promise<BranchRig> {
  const temporary = await makeTemporaryDirectory();
  const directory = join(temporary.path, 'state/workspaces');
  const env = {PATH: process.env['PATH'], HOME: temporary.path};
  const branches = createBranches({directory, remoteGit: new RemoteGit({env, timeoutMs: 20_000, ...remote})});
  const night: BranchRig['night'] = async (repo, options) => {
    await using store = await openObjectStore({directory: join(temporary.path, 'state/git')});
    using reader = await store.open(repo);
    const {entries} = await readHead(reader);
    const edits = Object.entries(options.files).map(([path, text]): FileEdit => {
      const before = entries.get(path);
      return {
        path,
        ...(before === undefined ? {} : {before: {kind: before.kind, id: before.id}}),
        ...(text === null ? {} : {after: {kind: 'file', bytes: Buffer.from(text)}}),
      };
    });
    const change: Change = await makeChange(reader, {edits});
    const prepared = await branches.prepare({
      reader,
      job: {
        skill: options.skill ?? 'readme-generator',
        task: 'Update READMEs',
        outputPattern: options.output ?? 'README.md',
        ...(options.url === undefined ? {} : {url: options.url}),
      },
      run: {startedAt: (options.at ?? 1_760_000_000) * 1000},
      change,
      local: options.local ?? true,
      push: options.push ?? false,
    });
    await options.meanwhile?.();
    await prepared.publish();
    const {branch, commit: made, state} = prepared;
    return {branch, commit: made, state};
  };
  return {
    path: temporary.path,
    night,
    async refused(repo, options) {
      try {
        await night(repo, options);
      } catch (error) {
        if (error instanceof JobFailure) return error.failure.reason;
        throw error;
      }
      throw new Error('it was put on its branch');
    },
    tip: (repo, branch = 'orchestrator/readme-generator') =>
      runGit(repo, ['-c', 'safe.directory=*', 'for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`]),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}
