import type {Change} from '../domain/change.ts';
import type {ObjectReader} from '../domain/git.ts';
import type {Job} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import {type BranchNames, branchNames} from './branch-name.ts';
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

/** Where a branch is to be. */
export interface BranchPlace {
  /** Of an object store: where the repo is, is read from it. */
  readonly reader: ObjectReader;
  readonly job: Pick<Job, 'skill' | 'task' | 'outputPattern' | 'url'>;
  /** Into the repo on this machine. */
  readonly local: boolean;
  /** To its remote: the `url` of the job, else the plain `remote.origin.url` of the repo. */
  readonly push: boolean;
  readonly signal?: AbortSignal;
}

export interface BranchRequest extends BranchPlace {
  /** Start in milliseconds since 1970, the date of the commit. */
  readonly run: {readonly startedAt: number};
  readonly change: Change;
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
  /**
   * Throws what `prepare` would throw whatever the change, so that nothing is paid for in vain; with `isPlan` only what can be told without
   * asking the remote.
   */
  check(request: BranchPlace & {readonly isPlan?: boolean}): Promise<void>;
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
  const open = async ({reader, job, local, push, signal}: BranchPlace): Promise<Opened> => {
    if (!(reader instanceof RepoReader)) throw new Error('branches are made from a reader of the object store');
    const here = local ? new LocalBranches(reader) : undefined;
    const remote = push ? remoteOf(reader, job.url) : undefined;
    if (remote !== undefined) await ready();
    const there = remote === undefined ? undefined : new RemoteBranches(reader, remote, {...options, signal});
    const names = branchNames(job);
    return {reader, names, both: [names.plain, names.distinct], here, there, remote};
  };
  return {
    async check(request) {
      const {names, both, here, there} = await open(request);
      try {
        await chooseBranch(names, async branch => [
          await here?.owner(branch, names.key),
          request.isPlan === true ? undefined : await there?.owner(both, branch, names.key),
        ]);
      } finally {
        await there?.close();
      }
    },
    async prepare(request) {
      const {reader, names, both, here, there, remote} = await open(request);
      try {
        const identity = options.identity ?? defaultIdentity;
        const {commit, objects} = await buildCommit(reader, request, names.key, identity);
        const wanted = {key: names.key, commit: commit.id, edits: request.change.edits};
        let tips: Tips = {here: undefined, there: undefined};
        const branch = await chooseBranch(names, async name => {
          tips = {here: await here?.judge(name, wanted), there: await there?.judge(both, name, wanted)};
          return [tips.here?.kind, tips.there?.kind];
        });
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
      } catch (error) {
        await there?.close();
        throw error;
      }
    },
  };
}

interface Opened {
  readonly reader: RepoReader;
  readonly names: BranchNames;
  /** Plain and distinct: a remote is asked for both at once. */
  readonly both: readonly string[];
  readonly here: LocalBranches | undefined;
  readonly there: RemoteBranches | undefined;
  readonly remote: RemoteUrl | undefined;
}

/** Its own name when it has it, else the plain one; and its own again when that is another's. Throws when it can have neither. */
async function chooseBranch(
  names: BranchNames,
  look: (branch: string) => Promise<readonly (Tip['kind'] | undefined)[]>,
): Promise<string> {
  for (const [branch, isLast] of [
    [names.distinct, false],
    [names.plain, false],
    [names.distinct, true],
  ] as const) {
    const kinds = await look(branch);
    if (kinds.includes('person')) throw editedByPerson(branch);
    if (kinds.includes('other')) continue;
    if (branch === names.distinct && !isLast && !kinds.some(kind => kind === 'ours' || kind === 'same')) continue;
    return branch;
  }
  throw new JobFailure('branch-name-taken', `The branches ${names.plain} and ${names.distinct} belong to other tasks.`);
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
