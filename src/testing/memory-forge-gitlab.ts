import {type ForgeAnswer, type ForgeRequest, json, readObject} from './memory-forge-http.ts';
import type {ForgeStore, MemoryPull, MemoryRepo, Refusal} from './memory-forge-store.ts';

export const gitlabApiPath = '/api/v4';

/** The part of GitLab's REST interface that opens merge requests and lists projects. */
export async function answerGitlab(request: ForgeRequest, store: ForgeStore, webUrl: string): Promise<ForgeAnswer> {
  const place = request.path.slice(gitlabApiPath.length);
  const {query} = request;
  if (place === '/users') {
    const name = query.get('username') ?? '';
    const id = [...store.users].indexOf(name);
    return json(200, id === -1 ? [] : [{id: id + 1, username: name, name, state: 'active'}]);
  }
  const group = /^\/groups\/([^/]+)\/projects$/.exec(place)?.[1];
  if (group !== undefined || place === '/projects') {
    const prefix = group === undefined ? '' : `${decodeURIComponent(group)}/`;
    const topics = (query.get('topic') ?? '').split(',').filter(topic => topic !== '');
    const own = [...store.repos.values()].filter(({path}) => path.startsWith(prefix));
    if (own.length === 0 && group !== undefined) return refuse('missing');
    const found = own
      .filter(repo => topics.every(topic => repo.topics.includes(topic)))
      .filter(({path}) => path.includes(query.get('search') ?? ''));
    const size = Number(query.get('per_page') ?? 20);
    const start = (Number(query.get('page') ?? 1) - 1) * size;
    return json(
      200,
      found.slice(start, start + size).map(repo => renderProject(repo, webUrl)),
    );
  }
  const [, id, rest = ''] = /^\/projects\/([^/]+)(\/.*)?$/.exec(place) ?? [];
  const repo = id === undefined ? undefined : store.find(decodeURIComponent(id));
  if (repo === undefined) return refuse('missing');
  return await answerAboutProject(request, store, repo, rest, webUrl);
}

async function answerAboutProject(
  request: ForgeRequest,
  store: ForgeStore,
  repo: MemoryRepo,
  rest: string,
  webUrl: string,
): Promise<ForgeAnswer> {
  const {method, query} = request;
  const content = readObject(request.body);
  if (rest === '' && method === 'GET') return json(200, renderProject(repo, webUrl));
  if (rest === '/repository/merge_base' && method === 'GET') {
    const [branch = '', commit = ''] = query.getAll('refs[]');
    const tip = await store.tip(repo, branch);
    const isIn = tip === undefined ? undefined : await store.isAncestor(repo, commit, tip);
    if (tip === undefined || isIn === undefined) return json(404, {message: '404 Not Found'});
    return json(200, {id: isIn ? commit : tip});
  }
  const branch = /^\/repository\/branches\/([^/]+)$/.exec(rest)?.[1];
  if (branch !== undefined && method === 'GET') {
    const tip = await store.tip(repo, decodeURIComponent(branch));
    return tip === undefined
      ? json(404, {message: '404 Branch Not Found'})
      : json(200, {name: branch, commit: {id: tip}});
  }
  if (!repo.takesPullRequests) return refuse('off');
  if (rest === '/merge_requests' && method === 'GET') {
    const branch = query.get('source_branch');
    const state = query.get('state') ?? 'all';
    const found = repo.pulls
      .filter(pull => branch === null || pull.head === branch)
      .filter(pull => state === 'all' || written[pull.state] === state)
      .sort((a, b) => b.number - a.number);
    return json(
      200,
      found.map(pull => renderMerge(pull, repo, webUrl)),
    );
  }
  if (rest === '/merge_requests' && method === 'POST') {
    const {title, source_branch: head, target_branch: base, description = ''} = content;
    if (typeof title !== 'string' || typeof head !== 'string' || typeof base !== 'string')
      return json(400, {error: 'title is missing, source_branch is missing, target_branch is missing'});
    const wanted = {title, head, base, body: String(description), draft: /^draft:/i.test(title)};
    const result = await store.open(repo, wanted);
    return typeof result === 'string' ? refuse(result, head) : json(201, renderMerge(result, repo, webUrl));
  }
  const number = /^\/merge_requests\/(\d+)$/.exec(rest)?.[1];
  const pull = repo.pulls.find(one => one.number === Number(number));
  if (pull === undefined || method !== 'PUT') return refuse('missing');
  const {title = pull.title, description = pull.body, target_branch: base = pull.base} = content;
  const change = {title: String(title), body: String(description), base: String(base)};
  const refusal = await store.change(repo, pull, {...change, draft: /^draft:/i.test(change.title)});
  if (refusal !== undefined) return refuse(refusal);
  const labels = typeof content['add_labels'] === 'string' ? content['add_labels'].split(',') : [];
  pull.labels = [...new Set([...pull.labels, ...labels])];
  const ids = Array.isArray(content['reviewer_ids']) ? content['reviewer_ids'].map(Number) : undefined;
  if (ids !== undefined) pull.reviewers = ids.map(one => [...store.users][one - 1] ?? 'unknown');
  return json(200, renderMerge(pull, repo, webUrl));
}

function refuse(refusal: Refusal, head = ''): ForgeAnswer {
  switch (refusal) {
    case 'missing':
      return json(404, {message: '404 Project Not Found'});
    case 'archived':
      return json(403, {message: '403 Forbidden - The project is archived'});
    case 'no-right':
    case 'off':
      return json(403, {message: '403 Forbidden'});
    case 'base-missing':
      return json(422, {message: {target_branch: ['does not exist']}});
    case 'head-missing':
      return json(422, {message: {source_branch: ['does not exist']}});
    case 'exists':
      return json(409, {message: [`Another open merge request already exists for this source branch: ${head}`]});
    case 'no-difference':
      return json(422, {message: ['no commits between the branches']});
  }
}

const written = {open: 'opened', closed: 'closed', merged: 'merged'} as const;

function renderProject(repo: MemoryRepo, webUrl: string) {
  const level = repo.canPush ? 30 : 20;
  return {
    id: repo.id,
    path_with_namespace: repo.path,
    web_url: `${webUrl}/${repo.path}`,
    http_url_to_repo: `${webUrl}/${repo.path}.git`,
    default_branch: repo.defaultBranch,
    archived: repo.archived,
    description: repo.description ?? null,
    topics: repo.topics,
    merge_requests_access_level: repo.takesPullRequests ? 'enabled' : 'disabled',
    permissions: {project_access: {access_level: level, notification_level: 3}, group_access: null},
    ...(repo.fork ? {forked_from_project: {id: 999}} : {}),
  };
}

function renderMerge(pull: MemoryPull, repo: MemoryRepo, webUrl: string) {
  return {
    id: repo.id * 1000 + pull.number,
    iid: pull.number,
    project_id: repo.id,
    title: pull.title,
    description: pull.body,
    state: written[pull.state],
    created_at: new Date(pull.createdAt).toISOString(),
    updated_at: new Date(pull.updatedAt).toISOString(),
    source_branch: pull.head,
    target_branch: pull.base,
    source_project_id: repo.id,
    target_project_id: repo.id,
    labels: pull.labels,
    draft: pull.draft,
    merge_commit_sha: pull.mergedAs ?? null,
    reviewers: pull.reviewers.map((username, index) => ({id: index + 1, username})),
    web_url: `${webUrl}/${repo.path}/-/merge_requests/${pull.number}`,
  };
}
