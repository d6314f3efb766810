import {z} from 'zod';
import type {ForgeRepo} from '../domain/forge.ts';
import type {Forge, PullRequest} from './forge.ts';
import {asMissingBase, ForgeError} from './forge-error.ts';
import {createForgeHttp, type ForgeHttpOptions} from './forge-http.ts';
import {parseForgeAnswer} from './parse-forge-answer.ts';

export interface GitlabOptions extends Omit<ForgeHttpOptions, 'headers'> {
  readonly token: string;
}

/** GitLab, the public one or one's own. Not through Gitbeaker: see ADR 0009. */
export function createGitlabForge({token, ...http}: GitlabOptions): Forge {
  const {host} = new URL(http.apiUrl);
  const ask = createForgeHttp({
    ...http,
    headers: {'private-token': token, accept: 'application/json', 'user-agent': 'orchestrator'},
  });
  const call = async <T>(
    schema: z.ZodType<T>,
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    content: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<T> => {
    const url = new URL(`${http.apiUrl}${path}`);
    if (method === 'GET')
      for (const [name, value] of Object.entries(content)) url.searchParams.set(name, String(value));
    const body = method === 'GET' ? {} : {body: JSON.stringify(content)};
    const {text} = await ask({method, url: url.href, ...body, signal});
    return parseForgeAnswer(schema, readJson(text, host), host);
  };
  const project = (path: string): string => `/projects/${encodeURIComponent(path)}`;

  return {
    repo: async (path, signal) => toRepo(await call(projectSchema, 'GET', project(path), {}, signal)),
    async contains(path, branch, commit, signal) {
      const place = `${project(path)}/repository/merge_base?refs[]=${encodeURIComponent(branch)}&refs[]=${commit}`;
      try {
        return (await call(z.object({id: z.string()}), 'GET', place, {}, signal)).id === commit;
      } catch (error) {
        // It says 400 or 404 for a ref that it does not know.
        if (!(error instanceof ForgeError) || (error.kind !== 'not-found' && error.kind !== 'invalid')) throw error;
      }
      const look = `${project(path)}/repository/branches/${encodeURIComponent(branch)}`;
      await call(z.object({name: z.string()}), 'GET', look, {}, signal).catch(asMissingBase(host, branch));
      return false;
    },
    async findPullRequests(path, head, signal) {
      const wanted = {source_branch: head, state: 'all', order_by: 'created_at', sort: 'desc', per_page: 100};
      const found = await call(z.array(mergeSchema), 'GET', `${project(path)}/merge_requests`, wanted, signal);
      // A fork may have a branch of this name too.
      return found
        .filter(merge => merge.source_branch === head && merge.source_project_id === merge.target_project_id)
        .map(toPullRequest);
    },
    async openPullRequest(path, {head, base, title, body, draft}, signal) {
      const wanted = {source_branch: head, target_branch: base, title: withDraft(title, draft), description: body};
      return toPullRequest(await call(mergeSchema, 'POST', `${project(path)}/merge_requests`, wanted, signal));
    },
    async updatePullRequest(path, number, {title, body, base, draft}, signal) {
      const wanted = {title: withDraft(title, draft), description: body, target_branch: base};
      return toPullRequest(await call(mergeSchema, 'PUT', `${project(path)}/merge_requests/${number}`, wanted, signal));
    },
    async addLabels(path, number, labels, signal) {
      const wanted = {add_labels: labels.join(',')};
      await call(mergeSchema, 'PUT', `${project(path)}/merge_requests/${number}`, wanted, signal);
    },
    async requestReviewers(path, number, reviewers, signal) {
      const ids: number[] = [];
      for (const username of reviewers) {
        const [user] = await call(z.array(userSchema), 'GET', '/users', {username}, signal);
        if (user === undefined) throw new ForgeError('invalid', `${host} knows no user ${JSON.stringify(username)}`);
        ids.push(user.id);
      }
      const place = `${project(path)}/merge_requests/${number}`;
      await call(mergeSchema, 'PUT', place, {reviewer_ids: ids}, signal);
    },
    async listRepos(search, limit, signal) {
      const {group, topics, words} = readSearch(search);
      const place = group === undefined ? '/projects' : `/groups/${encodeURIComponent(group)}/projects`;
      const scope = group === undefined ? {membership: true} : {include_subgroups: true, with_shared: false};
      const wanted = {
        ...{...scope, order_by: 'id', sort: 'asc', per_page: 100},
        ...(topics.length === 0 ? {} : {topic: topics.join(',')}),
        ...(words === '' ? {} : {search: words}),
      };
      const repos: ForgeRepo[] = [];
      for (let page = 1; ; page++) {
        const found = await call(z.array(projectSchema), 'GET', place, {...wanted, page}, signal);
        repos.push(...found.map(toRepo));
        if (repos.length > limit) return {repos: repos.slice(0, limit), complete: false};
        if (found.length < 100) return {repos, complete: true};
      }
    },
  };
}

function readJson(text: string, host: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ForgeError('malformed', `what ${host} answered is not JSON`);
  }
}

const draftPrefix = /^(?:\[draft\]|\(draft\)|draft:)\s*/i;

/** A draft is told by its title alone. */
function withDraft(title: string, draft: boolean): string {
  const plain = title.replace(draftPrefix, '');
  return draft ? `Draft: ${plain}` : plain;
}

function readSearch(search: string): {group?: string; topics: string[]; words: string} {
  const words = search.trim().split(/\s+/);
  const valuesOf = (key: string): string[] =>
    words.filter(word => word.startsWith(key)).map(word => word.slice(key.length));
  const [group] = valuesOf('group:');
  return {
    ...(group === undefined ? {} : {group}),
    topics: valuesOf('topic:'),
    words: words.filter(word => !word.startsWith('group:') && !word.startsWith('topic:')).join(' '),
  };
}

const accessSchema = z.object({access_level: z.number()}).nullish();

const projectSchema = z.object({
  path_with_namespace: z.string(),
  web_url: z.string(),
  http_url_to_repo: z.string(),
  default_branch: z.string().nullish(),
  archived: z.boolean().nullish(),
  forked_from_project: z.unknown().optional(),
  description: z.string().nullish(),
  topics: z.array(z.string()).nullish(),
  merge_requests_access_level: z.string().nullish(),
  permissions: z.object({project_access: accessSchema, group_access: accessSchema}).nullish(),
});

const developer = 30;

function toRepo(project: z.infer<typeof projectSchema>): ForgeRepo {
  const {default_branch: defaultBranch, description, permissions, merge_requests_access_level: merging} = project;
  const levels = [permissions?.project_access?.access_level, permissions?.group_access?.access_level];
  const known = levels.filter(level => level !== undefined);
  return {
    path: project.path_with_namespace,
    webUrl: project.web_url,
    cloneUrl: project.http_url_to_repo,
    archived: project.archived === true,
    fork: project.forked_from_project != null,
    topics: project.topics ?? [],
    ...(defaultBranch == null ? {} : {defaultBranch}),
    ...(description == null ? {} : {description}),
    // An administrator has no level of their own and may push all the same.
    ...(known.length === 0 ? {} : {canPush: Math.max(...known) >= developer}),
    ...(merging == null ? {} : {pullRequests: merging !== 'disabled'}),
  };
}

const userSchema = z.object({id: z.int()});

const mergeSchema = z.object({
  iid: z.int().positive(),
  web_url: z.string(),
  state: z.enum(['opened', 'closed', 'locked', 'merged']),
  title: z.string(),
  description: z.string().nullish(),
  draft: z.boolean().nullish(),
  labels: z.array(z.string()),
  source_branch: z.string(),
  target_branch: z.string(),
  source_project_id: z.int().nullish(),
  target_project_id: z.int().nullish(),
  merge_commit_sha: z.string().nullish(),
  squash_commit_sha: z.string().nullish(),
  sha: z.string().nullish(),
});

const states = {opened: 'open', closed: 'closed', locked: 'open', merged: 'merged'} as const;

function toPullRequest(merge: z.infer<typeof mergeSchema>): PullRequest {
  // The last one is the head itself, where it was merged without a commit of its own.
  const mergedAs = merge.merge_commit_sha ?? merge.squash_commit_sha ?? merge.sha;
  return {
    number: merge.iid,
    url: merge.web_url,
    state: states[merge.state],
    head: merge.source_branch,
    base: merge.target_branch,
    title: merge.title.replace(draftPrefix, ''),
    body: merge.description ?? '',
    labels: merge.labels,
    draft: merge.draft ?? draftPrefix.test(merge.title),
    ...(merge.state !== 'merged' || mergedAs == null ? {} : {mergedAs}),
  };
}
