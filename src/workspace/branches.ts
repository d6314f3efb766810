import type {Change} from '../domain/change.ts';
import type {ObjectReader} from '../domain/git.ts';
import type {Job} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import {branchNames} from './branch-name.ts';
import {buildTree, type NewObject, newObject} from './build-tree.ts';
import {commitText} from './commit-text.ts';
import type {Tip} from './judge-tip.ts';
import {LocalBranches} from './local-branches.ts';
import {RepoReader} from './object-reader.ts';
import {readOriginUrl} from './origin-url.ts';
import {RemoteBranches} from './remote-branches.ts';
import type {RemoteGit} from './remote-git.ts';
import {parseRemoteUrl, type RemoteUrl} from './remote-url.ts';
import {type Identity, sealCommit} from './seal-commit.ts';
import {openWorkspaces} from './workspace-folders.ts';

export interface BranchRequest {
  /** Of an object store: where the repo is, is read from it. */
  readonly reader: ObjectReader;
  readonly job: Pick<Job, 'skill' | 'task' | 'outputPattern' | 'url'>;
  /** Start in milliseconds since 1970, the date of the commit. */
  readonly run: {readonly startedAt: number};
  readonly change: Change;
  /** Into the repo on this machine. */
  readonly local: boolean;
  /** To its remote: the `url` of the job, else the plain `remote.origin.url` of the repo. */
  readonly push: boolean;
  readonly signal?: AbortSignal;
}

/** A commit that is ready to be put on its branch. Nothing has happened yet. */
export interface PreparedBranch {
  /** `orchestrator/…` */
  readonly branch: string;
  /** Where the branch will be; for `same` where it is. */
  readonly commit: string;
  /**
   * `same`: an earlier commit of ours says exactly this, and stays. `landed`: this very commit is there, from before a crash. Of local
   * branch and remote together.
   */
  readonly state: 'new' | 'updated' | 'same' | 'landed';
  /** Address pushed to, without a password. */
  readonly remote?: string;
  /** Puts it there; does nothing where it is already. Never moves a branch that is not where it was when this was prepared. */
  publish(): Promise<void>;
}

/** Turns changes into branches, here and at remotes. git never runs in the repo. */
export interface Branches {
  /** Throws `JobFailure`: `edited-by-person`, `branch-…`, `remote-…`. */
  prepare(request: BranchRequest): Promise<PreparedBranch>;
}

export interface BranchesOptions {
  /** `<state>/workspaces`; made when missing. */
  readonly directory: string;
  readonly remoteGit: RemoteGit;
  readonly gitPath?: string | undefined;
  readonly identity?: Identity;
}

const defaultIdentity: Identity = {name: 'orchestrator', email: 'orchestrator@localhost'};

/** Removes, before it first goes to a remote, what processes that died left in its folder. */
export function createBranches(options: BranchesOptions): Branches {
  const ready = openWorkspaces(options.directory);
  return {
    async prepare(request) {
      const {reader, job, change, signal} = request;
      if (!(reader instanceof RepoReader)) throw new Error('branches are made from a reader of the object store');
      const names = branchNames(job);
      const {commit, objects} = await buildCommit(reader, request, names.key, options.identity ?? defaultIdentity);
      const wanted = {key: names.key, commit: commit.id, edits: change.edits};
      const here = request.local ? new LocalBranches(reader) : undefined;
      const remote = request.push ? remoteOf(reader, job.url) : undefined;
      if (remote !== undefined) await ready();
      const there = remote === undefined ? undefined : new RemoteBranches(reader, remote, {...options, signal});
      try {
        // Its own name when it has it, else the plain one; and its own again when that is another's.
        for (const [branch, isLast] of [
          [names.distinct, false],
          [names.plain, false],
          [names.distinct, true],
        ] as const) {
          const tips = {
            here: await here?.judge(branch, wanted),
            there: await there?.judge([names.plain, names.distinct], branch, wanted),
          };
          const kinds = [tips.here?.kind, tips.there?.kind];
          if (kinds.includes('person')) throw editedByPerson(branch);
          if (kinds.includes('other')) continue;
          if (branch === names.distinct && !isLast && !kinds.some(kind => kind === 'ours' || kind === 'same')) continue;
          const target = chooseTarget(tips, commit.id);
          return {
            branch,
            commit: target,
            state: stateOf(tips, target, commit.id),
            ...(remote === undefined ? {} : {remote: remote.shown}),
            publish: async () => {
              try {
                const fresh = target === commit.id ? [...objects, commit] : [];
                if (needsMove(tips.here, target)) await here!.move(branch, tips.here!.commit, target, fresh);
                if (needsMove(tips.there, target)) await there!.move(branch, tips.there!.commit, target, fresh);
              } finally {
                await there?.close();
              }
            },
          };
        }
        throw new JobFailure(
          'branch-name-taken',
          `The branches ${names.plain} and ${names.distinct} belong to other tasks.`,
        );
      } catch (error) {
        await there?.close();
        throw error;
      }
    },
  };
}

interface Tips {
  /** Undefined where it is not asked for. */
  readonly here: Tip | undefined;
  readonly there: Tip | undefined;
}

/** An older commit of ours that says the same stays where it is, and is what is pushed. */
function chooseTarget({here, there}: Tips, fresh: string): string {
  if (there?.kind === 'same' && (here === undefined || here.kind === 'absent' || here.commit === there.commit))
    return there.commit;
  if (here?.kind === 'same' && (there === undefined || there.kind === 'absent')) return here.commit;
  return fresh;
}

function needsMove(tip: Tip | undefined, target: string): boolean {
  return tip !== undefined && tip.commit !== target;
}

function stateOf({here, there}: Tips, target: string, fresh: string): PreparedBranch['state'] {
  const tips = [here, there].filter(tip => tip !== undefined);
  if (there?.kind === 'same' && there.commit === target) return 'same';
  if (tips.every(({commit}) => commit === target)) return target === fresh ? 'landed' : 'same';
  return tips.every(({kind}) => kind === 'absent') ? 'new' : 'updated';
}

async function buildCommit(
  reader: RepoReader,
  {job, run, change}: BranchRequest,
  key: string,
  identity: Identity,
): Promise<{commit: NewObject; objects: readonly NewObject[]}> {
  const base = (await reader.history(change.commit, 1))[0]!;
  const {tree, objects} = await buildTree(reader, base.tree, change.edits);
  const bytes = sealCommit({
    tree,
    parent: base.id,
    identity,
    time: Math.floor(run.startedAt / 1000),
    ...commitText(job, change),
    key,
  });
  return {commit: newObject(reader.objectFormat, 'commit', bytes), objects};
}

function remoteOf(reader: RepoReader, url: string | undefined): RemoteUrl {
  if (url !== undefined) return parseRemoteUrl(url, {trusted: true});
  const origin = readOriginUrl(reader.location);
  if (origin !== undefined) return parseRemoteUrl(origin, {trusted: false});
  throw new JobFailure('remote-unknown', 'The repo has no "url" in the fleet file and no plain remote.origin.url.');
}

function editedByPerson(branch: string): JobFailure {
  return new JobFailure(
    'edited-by-person',
    `The newest commit of ${branch} is not as it was made here; the branch was left alone.`,
  );
}
