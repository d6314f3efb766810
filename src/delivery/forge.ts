import type {ForgeQuery, ForgeRepo} from '../domain/forge.ts';

/** A pull request, or merge request, as its forge describes it. Untrusted. */
export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly state: 'open' | 'closed' | 'merged';
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly draft: boolean;
  /** The commit on the base branch that it became; absent where it is not merged, or the forge does not say. */
  readonly mergedAs?: string;
}

export interface NewPullRequest {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
}

/** One server of pull requests, asked with one token. Every method throws `ForgeError`, or the signal's reason. */
export interface Forge {
  repo(path: string, signal: AbortSignal): Promise<ForgeRepo>;
  /** Whether the branch holds the commit. False too when the forge does not know the commit; throws `base-missing` for the branch. */
  contains(path: string, branch: string, commit: string, signal: AbortSignal): Promise<boolean>;
  /** All that were ever opened from this branch of the repo itself, newest first; at most 100. */
  findPullRequests(path: string, head: string, signal: AbortSignal): Promise<PullRequest[]>;
  /** Is never repeated by itself: after an `ambiguous` error only looking tells whether it was done. */
  openPullRequest(path: string, wanted: NewPullRequest, signal: AbortSignal): Promise<PullRequest>;
  /** `draft` is what it is now; it does not change. */
  updatePullRequest(
    path: string,
    number: number,
    change: {readonly title: string; readonly body: string; readonly base: string; readonly draft: boolean},
    signal: AbortSignal,
  ): Promise<PullRequest>;
  addLabels(path: string, number: number, labels: readonly string[], signal: AbortSignal): Promise<void>;
  /** `team:name` asks a team, everything else a person. */
  requestReviewers(path: string, number: number, reviewers: readonly string[], signal: AbortSignal): Promise<void>;
  /** At most `limit`, archived ones included; `complete` is false when there are more. */
  listRepos(
    search: ForgeQuery['search'],
    limit: number,
    signal: AbortSignal,
  ): Promise<{readonly repos: readonly ForgeRepo[]; readonly complete: boolean}>;
}
