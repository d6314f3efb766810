import {Octokit} from '@octokit/core';
import {z} from 'zod';
import type {ForgeRepo} from '../domain/forge.ts';
import type {Forge, PullRequest} from './forge.ts';
import {asMissingBase, ForgeError} from './forge-error.ts';
import {type AskForge, createForgeHttp, type ForgeHttpOptions} from './forge-http.ts';
import {parseForgeAnswer} from './parse-forge-answer.ts';

export interface GithubOptions extends Omit<ForgeHttpOptions, 'headers'> {
  readonly token: string;
}

/** GitHub, and GitHub Enterprise by its address. */
export function createGithubForge({token, ...http}: GithubOptions): Forge {
  const {host} = new URL(http.apiUrl);
  const octokit = new Octokit({
    baseUrl: http.apiUrl,
    userAgent: 'orchestrator',
    log: silent,
    request: {
      log: silent,
      fetch: fetchThrough(createForgeHttp({...http, headers: {authorization: `Bearer ${token}`}})),
    },
  });
  const read = async <T>(schema: z.ZodType<T>, request: Promise<{data: unknown}>): Promise<T> => {
    const {data} = await request.catch(unwrap);
    return parseForgeAnswer(schema, data, host);
  };

  return {
    repo: async (path, signal) =>
      toRepo(await read(repoSchema, octokit.request('GET /repos/{owner}/{repo}', {...split(path), request: {signal}}))),
    async contains(path, branch, commit, signal) {
      // The second page has no list of files, which can be long.
      const wanted = {...split(path), request: {signal}, per_page: 1, page: 2};
      const compare = octokit.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
        ...wanted,
        basehead: `${branch}...${commit}`,
      });
      try {
        const {status} = await read(z.object({status: z.string()}), compare);
        return status === 'identical' || status === 'behind';
      } catch (error) {
        if (!(error instanceof ForgeError) || error.kind !== 'not-found') throw error;
      }
      const look = octokit.request('GET /repos/{owner}/{repo}/branches/{branch}', {
        ...split(path),
        branch,
        request: {signal},
      });
      await read(z.object({name: z.string()}), look).catch(asMissingBase(host, branch));
      return false;
    },
    async findPullRequests(path, head, signal) {
      const {owner, repo} = split(path);
      const found = await read(
        z.array(pullSchema),
        octokit.request('GET /repos/{owner}/{repo}/pulls', {
          ...{owner, repo, request: {signal}},
          ...{head: `${owner}:${head}`, state: 'all', sort: 'created', direction: 'desc', per_page: 100},
        }),
      );
      // A fork may have a branch of this name too, and an unknown parameter is ignored by some servers.
      const isOwn = (pull: WrittenPull): boolean =>
        pull.head.ref === head && pull.head.repo?.full_name.toLowerCase() === path.toLowerCase();
      return found.filter(isOwn).map(toPullRequest);
    },
    async openPullRequest(path, {head, base, title, body, draft}, signal) {
      const wanted = {...split(path), head, base, title, body, draft, request: {signal}};
      return toPullRequest(await read(pullSchema, octokit.request('POST /repos/{owner}/{repo}/pulls', wanted)));
    },
    async updatePullRequest(path, number, {title, body, base}, signal) {
      const wanted = {...split(path), pull_number: number, title, body, base, request: {signal}};
      return toPullRequest(
        await read(pullSchema, octokit.request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', wanted)),
      );
    },
    async addLabels(path, number, labels, signal) {
      const wanted = {...split(path), issue_number: number, labels: [...labels], request: {signal}};
      await octokit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', wanted).catch(unwrap);
    },
    async requestReviewers(path, number, reviewers, signal) {
      const isTeam = (name: string): boolean => name.startsWith('team:');
      const wanted = {
        ...{...split(path), pull_number: number, request: {signal}},
        reviewers: reviewers.filter(name => !isTeam(name)),
        team_reviewers: reviewers.filter(isTeam).map(name => name.slice('team:'.length)),
      };
      await octokit.request('POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers', wanted).catch(unwrap);
    },
    async listRepos(search, limit, signal) {
      const exact = readOrganisation(search);
      const repos: ForgeRepo[] = [];
      for (let page = 1; ; page++) {
        const common = {per_page: 100, page, request: {signal}};
        const {items, incomplete_results: isIncomplete} =
          exact === undefined
            ? await read(searchSchema, octokit.request('GET /search/repositories', {q: search, ...common}))
            : {
                items: await read(
                  z.array(repoSchema),
                  octokit.request('GET /orgs/{org}/repos', {org: exact.org, type: 'all', sort: 'full_name', ...common}),
                ),
                incomplete_results: false,
              };
        const found = items.map(toRepo);
        repos.push(
          ...found.filter(({topics}) => exact === undefined || exact.topics.every(topic => topics.includes(topic))),
        );
        if (repos.length > limit) return {repos: repos.slice(0, limit), complete: false};
        // A search shows a thousand at most.
        if (items.length < 100) return {repos, complete: isIncomplete !== true};
        if (exact === undefined && page === 10) return {repos, complete: false};
      }
    },
  };
}

const silent = {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}};

/** Octokit makes the address and the body; asking is ours, so that nothing is followed, repeated or sent elsewhere. */
function fetchThrough(ask: AskForge) {
  return async (
    url: string,
    init: {method: string; body?: string; headers: Record<string, string>; signal: AbortSignal},
  ): Promise<Response> => {
    const {method, body, signal, headers} = init;
    const answer = await ask({
      method: method as 'GET',
      url,
      signal,
      headers: {
        accept: headers['accept'] ?? 'application/vnd.github+json',
        'user-agent': headers['user-agent'] ?? 'orchestrator',
        'x-github-api-version': '2022-11-28',
      },
      ...(body === undefined ? {} : {body}),
    });
    const isEmpty = answer.status === 204 || answer.status === 205;
    return new Response(isEmpty ? null : answer.text, {
      status: answer.status,
      headers: {'content-type': 'application/json'},
    });
  };
}

/** Octokit wraps what `fetch` throws. */
function unwrap(error: unknown): never {
  const cause = error instanceof Error ? error.cause : undefined;
  throw cause instanceof ForgeError || (cause instanceof Error && cause.name !== 'TypeError') ? cause : error;
}

function split(path: string): {owner: string; repo: string} {
  const [owner = '', repo = ''] = path.split('/');
  return {owner, repo};
}

/** `org:acme topic:service` and nothing else: listed whole, where a search has its limits and lags behind. */
function readOrganisation(search: string): {org: string; topics: string[]} | undefined {
  const words = search.trim().split(/\s+/);
  const orgs = words.filter(word => word.startsWith('org:'));
  const topics = words.filter(word => word.startsWith('topic:')).map(word => word.slice('topic:'.length));
  if (orgs.length !== 1 || orgs.length + topics.length !== words.length) return undefined;
  return {org: orgs[0]!.slice('org:'.length), topics};
}

const repoSchema = z.object({
  full_name: z.string(),
  html_url: z.string(),
  clone_url: z.string().nullish(),
  default_branch: z.string().nullish(),
  archived: z.boolean().nullish(),
  disabled: z.boolean().nullish(),
  fork: z.boolean(),
  description: z.string().nullish(),
  topics: z.array(z.string()).nullish(),
  permissions: z.object({push: z.boolean().nullish()}).nullish(),
  has_pull_requests: z.boolean().nullish(),
});

const searchSchema = z.object({items: z.array(repoSchema), incomplete_results: z.boolean().nullish()});

function toRepo(repo: z.infer<typeof repoSchema>): ForgeRepo {
  const {default_branch: defaultBranch, description, permissions, has_pull_requests: pullRequests} = repo;
  return {
    path: repo.full_name,
    webUrl: repo.html_url,
    cloneUrl: repo.clone_url ?? `${repo.html_url}.git`,
    archived: repo.archived === true || repo.disabled === true,
    fork: repo.fork,
    topics: repo.topics ?? [],
    ...(defaultBranch == null ? {} : {defaultBranch}),
    ...(description == null ? {} : {description}),
    ...(permissions?.push == null ? {} : {canPush: permissions.push}),
    ...(pullRequests == null ? {} : {pullRequests}),
  };
}

const pullSchema = z.object({
  number: z.int().positive(),
  html_url: z.string(),
  state: z.enum(['open', 'closed']),
  merged_at: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
  title: z.string(),
  body: z.string().nullish(),
  draft: z.boolean().nullish(),
  labels: z.array(z.object({name: z.string().nullish()})),
  head: z.object({ref: z.string(), repo: z.object({full_name: z.string()}).nullish()}),
  base: z.object({ref: z.string()}),
});

type WrittenPull = z.infer<typeof pullSchema>;

function toPullRequest(pull: WrittenPull): PullRequest {
  return {
    number: pull.number,
    url: pull.html_url,
    state: pull.merged_at == null ? pull.state : 'merged',
    head: pull.head.ref,
    base: pull.base.ref,
    title: pull.title,
    body: pull.body ?? '',
    labels: pull.labels.flatMap(({name}) => name ?? []),
    draft: pull.draft ?? false,
    // Of one that is open it is a merge that was only tried.
    ...(pull.merged_at == null || pull.merge_commit_sha == null ? {} : {mergedAs: pull.merge_commit_sha}),
  };
}
