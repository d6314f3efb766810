import {mkdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {ForgeKind} from '../domain/forge.ts';
import {runCommand} from '../util/run-command.ts';
import {runGit} from './temporary-fleet.ts';

/** A pull request as a person on the forge sees it; tests change it as such a person would. */
export interface MemoryPull {
  readonly number: number;
  readonly head: string;
  base: string;
  title: string;
  body: string;
  state: 'open' | 'closed' | 'merged';
  draft: boolean;
  /** Commit id on the base branch. */
  mergedAs?: string;
  labels: string[];
  reviewers: string[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  updatedAt: number;
}

export interface MemoryRepo {
  readonly id: number;
  readonly path: string;
  /** The bare repository. */
  readonly directory: string;
  defaultBranch: string;
  archived: boolean;
  fork: boolean;
  canPush: boolean;
  takesPullRequests: boolean;
  description: string | undefined;
  topics: string[];
  readonly pulls: MemoryPull[];
}

export type MemoryRepoOptions = Partial<
  Pick<MemoryRepo, 'defaultBranch' | 'archived' | 'fork' | 'canPush' | 'takesPullRequests' | 'description' | 'topics'>
>;

/** Why the forge refuses; each dialect has its own words for it. */
export type Refusal =
  | 'archived'
  | 'no-right'
  | 'base-missing'
  | 'head-missing'
  | 'exists'
  | 'no-difference'
  | 'off'
  | 'missing';

/** What a forge keeps, and its rules. Speaks no dialect. */
export class ForgeStore {
  readonly kind: ForgeKind;
  readonly directory: string;
  readonly repos = new Map<string, MemoryRepo>();
  /** People and teams who can be asked for a review. */
  readonly users = new Set(['ann', 'bob', 'team:core']);
  readonly #now: () => number;

  constructor(kind: ForgeKind, directory: string, now: () => number) {
    this.kind = kind;
    this.directory = directory;
    this.#now = now;
  }

  async add(path: string, options: MemoryRepoOptions): Promise<MemoryRepo> {
    const directory = join(this.directory, `${path}.git`);
    const branch = options.defaultBranch ?? 'main';
    await mkdir(directory, {recursive: true});
    await runGit(directory, ['init', '-q', '--bare', `--initial-branch=${branch}`, '--template=']);
    const repo: MemoryRepo = {
      id: this.repos.size + 1,
      path,
      directory,
      defaultBranch: branch,
      archived: false,
      fork: false,
      canPush: true,
      takesPullRequests: true,
      description: undefined,
      topics: [],
      ...options,
      pulls: [],
    };
    this.repos.set(path.toLowerCase(), repo);
    return repo;
  }

  find(path: string): MemoryRepo | undefined {
    return this.repos.get(path.toLowerCase());
  }

  async open(
    repo: MemoryRepo,
    wanted: Pick<MemoryPull, 'head' | 'base' | 'title' | 'body' | 'draft'>,
  ): Promise<MemoryPull | Refusal> {
    if (!repo.takesPullRequests) return 'off';
    if (repo.archived) return 'archived';
    if (!repo.canPush) return 'no-right';
    const [head, base] = await Promise.all([this.tip(repo, wanted.head), this.tip(repo, wanted.base)]);
    if (base === undefined) return 'base-missing';
    if (head === undefined) return 'head-missing';
    if (head === base) return 'no-difference';
    const isSame = (pull: MemoryPull): boolean =>
      pull.state === 'open' && pull.head === wanted.head && pull.base === wanted.base;
    if (repo.pulls.some(isSame)) return 'exists';
    const at = this.#now();
    const pull: MemoryPull = {
      ...{number: repo.pulls.length + 1, state: 'open', labels: [], reviewers: [], createdAt: at, updatedAt: at},
      ...wanted,
    };
    repo.pulls.push(pull);
    return pull;
  }

  async change(
    repo: MemoryRepo,
    pull: MemoryPull,
    change: Partial<Pick<MemoryPull, 'title' | 'body' | 'base' | 'draft'>>,
  ): Promise<Refusal | undefined> {
    if (repo.archived) return 'archived';
    if (!repo.canPush) return 'no-right';
    if (change.base !== undefined && (await this.tip(repo, change.base)) === undefined) return 'base-missing';
    Object.assign(pull, change, {updatedAt: this.#now()});
    return undefined;
  }

  /** Whether the first is an ancestor of the second, or the same; undefined when one of them is not there. */
  async isAncestor(repo: MemoryRepo, commit: string, of: string): Promise<boolean | undefined> {
    const git = (...args: string[]) => runCommand('git', args, {cwd: repo.directory, env: process.env});
    if ((await git('cat-file', '-e', `${commit}^{commit}`)).exitCode !== 0) return undefined;
    const {exitCode} = await git('merge-base', '--is-ancestor', commit, of);
    return exitCode === 0 ? true : exitCode === 1 ? false : undefined;
  }

  /** Commit id of a branch. */
  async tip(repo: MemoryRepo, branch: string): Promise<string | undefined> {
    try {
      return (await readFile(join(repo.directory, 'refs', 'heads', branch), 'utf8')).trim();
    } catch {
      const list = await runGit(repo.directory, ['for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`]);
      return list === '' ? undefined : list.split('\n')[0];
    }
  }
}
