import {type ForgeAnswer, type ForgeRequest, json, readObject} from './memory-forge-http.ts';
import type {ForgeStore, MemoryPull, MemoryRepo, Refusal} from './memory-forge-store.ts';

/** Address under which the interface of a GitHub of one's own is asked. */
export const githubApiPath = '/api/v3';

/** The part of GitHub's REST interface that opens pull requests and lists repositories. Answers hold every field that GitHub promises. */
export async function answerGithub(request: ForgeRequest, store: ForgeStore, webUrl: string): Promise<ForgeAnswer> {
  const [, owner = '', name = '', rest = ''] =
    /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(decodeURIComponent(request.path.slice(githubApiPath.length))) ?? [];
  const place = request.path.slice(githubApiPath.length);
  if (owner !== '') {
    const repo = store.find(`${owner}/${name}`);
    if (repo === undefined) return refuse('missing');
    return await answerAboutRepo(request, store, repo, rest, webUrl);
  }
  const org = /^\/orgs\/([^/]+)\/repos$/.exec(place)?.[1];
  const all = [...store.repos.values()].map(repo => renderRepo(repo, webUrl));
  if (request.method === 'GET' && org !== undefined) {
    const own = all.filter(({full_name: path}) => path.split('/')[0] === org);
    return own.length === 0 ? refuse('missing') : json(200, page(own, request));
  }
  if (request.method === 'GET' && place === '/search/repositories') {
    const words = (request.query.get('q') ?? '').split(/\s+/).filter(word => word !== '');
    const found = all
      .filter(repo => words.every(word => matches(repo, word)))
      .map(repo => ({...repo, score: 1, has_downloads: true}));
    return json(200, {total_count: found.length, incomplete_results: false, items: page(found, request)});
  }
  return refuse('missing');
}

async function answerAboutRepo(
  request: ForgeRequest,
  store: ForgeStore,
  repo: MemoryRepo,
  rest: string,
  webUrl: string,
): Promise<ForgeAnswer> {
  const {method, query} = request;
  const content = readObject(request.body);
  const show = (pull: MemoryPull): Promise<Rendered> => renderPull(pull, repo, store, webUrl);
  if (rest === '' && method === 'GET')
    return json(200, {...renderRepo(repo, webUrl), network_count: 0, subscribers_count: 0});
  if (rest === '/pulls' && method === 'GET') {
    const [, branch] = (query.get('head') ?? '').split(/:(.*)/s);
    const state = query.get('state') ?? 'open';
    const found = repo.pulls
      .filter(pull => branch === undefined || pull.head === branch)
      .filter(pull => state === 'all' || (pull.state === 'open' ? 'open' : 'closed') === state)
      .sort((a, b) => b.number - a.number);
    const shown = await Promise.all(found.map(show));
    return json(
      200,
      page(
        shown.map(({simple}) => simple),
        request,
      ),
    );
  }
  if (rest === '/pulls' && method === 'POST') {
    const {title, head, base, body = '', draft = false} = content;
    if (typeof title !== 'string' || typeof head !== 'string' || typeof base !== 'string') return refuse('missing');
    const result = await store.open(repo, {title, head, base, body: String(body ?? ''), draft: draft === true});
    return typeof result === 'string'
      ? refuse(result, `${owner(repo)}:${head}`)
      : json(201, (await show(result)).whole);
  }
  const [, base, commit] = /^\/compare\/(.+)\.\.\.([0-9a-f]+)$/.exec(rest) ?? [];
  if (method === 'GET' && base !== undefined && commit !== undefined) {
    const tip = await store.tip(repo, base);
    const isIn = tip === undefined ? undefined : await store.isAncestor(repo, commit, tip);
    if (tip === undefined || isIn === undefined) return refuse('missing');
    return json(200, renderComparison(tip, commit, isIn, `${webUrl}${githubApiPath}/repos/${repo.path}`));
  }
  const branch = /^\/branches\/(.+)$/.exec(rest)?.[1];
  if (method === 'GET' && branch !== undefined) {
    const tip = await store.tip(repo, branch);
    if (tip === undefined) return refuse('missing');
    const url = `${webUrl}${githubApiPath}/repos/${repo.path}`;
    return json(200, {
      ...{name: branch, commit: renderCommit(tip, url), protected: false, protection: {enabled: false}},
      ...{protection_url: `${url}/branches/${branch}/protection`, _links: {html: url, self: url}},
    });
  }
  const [, kind, number, more] = /^\/(pulls|issues)\/(\d+)(?:\/(\w+))?$/.exec(rest) ?? [];
  const pull = repo.pulls.find(one => one.number === Number(number));
  if (pull === undefined) return refuse('missing');
  if (kind === 'pulls' && more === undefined && method === 'PATCH') {
    const {title = pull.title, body = pull.body, base = pull.base} = content;
    const change = {title: String(title), body: String(body), base: String(base)};
    const refusal = await store.change(repo, pull, change);
    return refusal === undefined ? json(200, (await show(pull)).whole) : refuse(refusal);
  }
  if (kind === 'issues' && more === 'labels' && method === 'POST') {
    const labels = Array.isArray(content['labels']) ? content['labels'].map(String) : [];
    pull.labels = [...new Set([...pull.labels, ...labels])];
    return json(
      200,
      pull.labels.map(label => renderLabel(label, webUrl)),
    );
  }
  if (kind === 'pulls' && more === 'requested_reviewers' && method === 'POST') {
    const people = Array.isArray(content['reviewers']) ? content['reviewers'].map(String) : [];
    const teams = Array.isArray(content['team_reviewers']) ? content['team_reviewers'].map(one => `team:${one}`) : [];
    const wanted = [...people, ...teams];
    if (!wanted.every(one => store.users.has(one))) {
      const message = 'Reviews may only be requested from collaborators.';
      return json(422, {message, documentation_url: 'https://docs.github.com/rest'});
    }
    pull.reviewers = [...new Set([...pull.reviewers, ...wanted])];
    return json(201, (await show(pull)).simple);
  }
  return refuse('missing');
}

/** GitHub's own words, as far as its interface gives them. */
function refuse(refusal: Refusal, head = ''): ForgeAnswer {
  const documentation_url = 'https://docs.github.com/rest/pulls/pulls#create-a-pull-request';
  const invalid = (error: object): ForgeAnswer =>
    json(422, {message: 'Validation Failed', errors: [{resource: 'PullRequest', ...error}], documentation_url});
  switch (refusal) {
    case 'missing':
    case 'off':
      return json(404, {message: 'Not Found', documentation_url, status: '404'});
    case 'archived':
      return json(403, {message: 'Repository was archived so is read-only.', documentation_url, status: '403'});
    case 'no-right':
      return json(403, {message: 'Resource not accessible by personal access token', documentation_url, status: '403'});
    case 'base-missing':
      return invalid({field: 'base', code: 'invalid'});
    case 'head-missing':
      return invalid({field: 'head', code: 'invalid'});
    case 'exists':
      return invalid({code: 'custom', message: `A pull request already exists for ${head}.`});
    case 'no-difference':
      return invalid({code: 'custom', message: `No commits between main and ${head}`});
  }
}

function page<T>(items: readonly T[], {query}: ForgeRequest): T[] {
  const size = Math.min(100, Number(query.get('per_page') ?? 30));
  const start = (Number(query.get('page') ?? 1) - 1) * size;
  return items.slice(start, start + size);
}

function matches(repo: ReturnType<typeof renderRepo>, word: string): boolean {
  const [key = '', value = ''] = word.split(/:(.*)/s);
  if (key === 'org' || key === 'user') return repo.full_name.split('/')[0] === value;
  if (key === 'topic') return repo.topics.includes(value);
  if (key === 'fork') return value !== 'only' || repo.fork;
  if (key === 'archived') return String(repo.archived) === value;
  return repo.full_name.includes(word);
}

function owner({path}: MemoryRepo): string {
  return path.split('/')[0]!;
}

const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
const made = time(1_750_000_000_000);

/** Fields of an address each, after the name of the field. */
function addresses<Name extends string>(names: readonly Name[], url: string): Record<Name, string> {
  const paths = names.map(name => [name, `${url}/${name.replace(/_url$/, '').replaceAll('_', '/')}`]);
  return Object.fromEntries(paths) as Record<Name, string>;
}

function renderUser(login: string, webUrl: string) {
  const url = `${webUrl}${githubApiPath}/users/${login}`;
  return {
    login,
    id: 1,
    node_id: 'U_1',
    avatar_url: `${webUrl}/avatars/1`,
    gravatar_id: '',
    url,
    html_url: `${webUrl}/${login}`,
    ...addresses(
      [
        ...(['followers_url', 'following_url', 'gists_url', 'starred_url', 'subscriptions_url'] as const),
        ...(['organizations_url', 'repos_url', 'events_url', 'received_events_url'] as const),
      ],
      url,
    ),
    type: 'Organization',
    site_admin: false,
  };
}

function renderRepo(repo: MemoryRepo, webUrl: string) {
  const url = `${webUrl}${githubApiPath}/repos/${repo.path}`;
  return {
    id: repo.id,
    node_id: `R_${repo.id}`,
    name: repo.path.split('/')[1]!,
    full_name: repo.path,
    owner: renderUser(owner(repo), webUrl),
    private: true,
    html_url: `${webUrl}/${repo.path}`,
    description: repo.description ?? null,
    fork: repo.fork,
    url,
    ...addresses(
      [
        ...(['archive_url', 'assignees_url', 'blobs_url', 'branches_url', 'collaborators_url'] as const),
        ...(['comments_url', 'commits_url', 'compare_url', 'contents_url', 'contributors_url'] as const),
        ...(['deployments_url', 'downloads_url', 'events_url', 'forks_url', 'git_commits_url'] as const),
        ...(['git_refs_url', 'git_tags_url', 'hooks_url', 'issue_comment_url', 'issue_events_url'] as const),
        ...(['issues_url', 'keys_url', 'labels_url', 'languages_url', 'merges_url'] as const),
        ...(['milestones_url', 'notifications_url', 'pulls_url', 'releases_url', 'stargazers_url'] as const),
        ...(['statuses_url', 'subscribers_url', 'subscription_url', 'tags_url', 'teams_url', 'trees_url'] as const),
      ],
      url,
    ),
    git_url: `git://forge/${repo.path}.git`,
    ssh_url: `git@forge:${repo.path}.git`,
    clone_url: `${webUrl}/${repo.path}.git`,
    svn_url: `${webUrl}/${repo.path}`,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    ...{forks_count: 0, forks: 0, stargazers_count: 0, watchers_count: 0, watchers: 0, size: 1},
    ...{open_issues_count: 0, open_issues: 0, has_issues: true, has_projects: false, has_wiki: false},
    ...{has_pages: false, has_discussions: false, has_downloads: true, has_pull_requests: repo.takesPullRequests},
    default_branch: repo.defaultBranch,
    topics: repo.topics,
    archived: repo.archived,
    disabled: false,
    visibility: 'private',
    ...{pushed_at: made, created_at: made, updated_at: made},
    permissions: {admin: false, push: repo.canPush, pull: true},
  };
}

function renderCommit(sha: string, url: string) {
  const user = {name: 'Test', email: 'test@example.com', date: made};
  return {
    ...{url: `${url}/commits/${sha}`, sha, node_id: 'C_1', html_url: url, comments_url: url},
    commit: {url, author: user, committer: user, message: 'Change', comment_count: 0, tree: {sha, url}},
    ...{author: null, committer: null, parents: []},
  };
}

function renderComparison(tip: string, commit: string, isIn: boolean, url: string) {
  return {
    ...{url, html_url: url, permalink_url: url, diff_url: url, patch_url: url},
    ...{base_commit: renderCommit(tip, url), merge_base_commit: renderCommit(isIn ? commit : tip, url)},
    status: tip === commit ? 'identical' : isIn ? 'behind' : 'ahead',
    ...{ahead_by: isIn ? 0 : 1, behind_by: 0, total_commits: 0, commits: []},
  };
}

function renderLabel(name: string, webUrl: string) {
  return {
    ...{id: 1, node_id: 'LA_1', url: `${webUrl}/labels`, name, description: '', color: 'ededed', default: false},
  };
}

interface Rendered {
  readonly simple: object;
  readonly whole: object;
}

async function renderPull(pull: MemoryPull, repo: MemoryRepo, store: ForgeStore, webUrl: string): Promise<Rendered> {
  const url = `${webUrl}${githubApiPath}/repos/${repo.path}/pulls/${pull.number}`;
  const issue = `${webUrl}${githubApiPath}/repos/${repo.path}/issues/${pull.number}`;
  const html = `${webUrl}/${repo.path}/pull/${pull.number}`;
  const user = renderUser(owner(repo), webUrl);
  const side = async (ref: string) => {
    const sha = (await store.tip(repo, ref)) ?? '0'.repeat(40);
    return {label: `${owner(repo)}:${ref}`, ref, sha, user, repo: renderRepo(repo, webUrl)};
  };
  const [head, base] = await Promise.all([side(pull.head), side(pull.base)]);
  const reviewers = pull.reviewers.filter(name => !name.startsWith('team:'));
  const names = ['self', 'html', 'issue', 'comments', 'review_comments', 'review_comment', 'commits', 'statuses'];
  const simple = {
    url,
    id: pull.number,
    node_id: `PR_${pull.number}`,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${url}/comments/{number}`,
    comments_url: `${issue}/comments`,
    statuses_url: `${url}/statuses`,
    number: pull.number,
    state: pull.state === 'open' ? 'open' : 'closed',
    locked: false,
    title: pull.title,
    user,
    body: pull.body,
    labels: pull.labels.map(name => renderLabel(name, webUrl)),
    milestone: null,
    created_at: time(pull.createdAt),
    updated_at: time(pull.updatedAt),
    closed_at: pull.state === 'open' ? null : time(pull.updatedAt),
    merged_at: pull.state === 'merged' ? time(pull.updatedAt) : null,
    merge_commit_sha: pull.mergedAs ?? null,
    assignee: null,
    requested_reviewers: reviewers.map(name => renderUser(name, webUrl)),
    head,
    base,
    _links: Object.fromEntries(names.map(name => [name, {href: url}])),
    author_association: 'MEMBER',
    auto_merge: null,
    draft: pull.draft,
  };
  return {
    simple,
    whole: {
      ...simple,
      ...{merged: pull.state === 'merged', mergeable: null, mergeable_state: 'unknown', merged_by: null},
      ...{comments: 0, review_comments: 0, maintainer_can_modify: false},
      ...{commits: 1, additions: 1, deletions: 0, changed_files: 1},
    },
  };
}
