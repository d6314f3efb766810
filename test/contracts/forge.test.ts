import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {Forge} from '../../src/delivery/forge.ts';
import {createGithubForge} from '../../src/delivery/github.ts';
import {createGitlabForge} from '../../src/delivery/gitlab.ts';
import type {ForgeKind} from '../../src/domain/forge.ts';
import {type MemoryForge, startMemoryForge} from '../../src/testing/memory-forge.ts';
import {githubApiPath} from '../../src/testing/memory-forge-github.ts';
import type {MemoryRepo} from '../../src/testing/memory-forge-store.ts';
import {makeTemporaryDirectory, runGit, type TemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {systemClock} from '../../src/util/clock.ts';
import {createPost} from '../../src/util/post-once.ts';
import {GithubDescription} from '../support/github-description.ts';

const signal = new AbortController().signal;
const wanted = {head: 'orchestrator/docs', base: 'main', title: 'Docs', body: 'Text', draft: false};

describe.each<ForgeKind>(['github', 'gitlab'])('a forge of kind %s', kind => {
  let directory: TemporaryDirectory;
  let server: MemoryForge;
  let forge: Forge;
  let repo: MemoryRepo;

  beforeEach(async () => {
    directory = await makeTemporaryDirectory();
    server = await startMemoryForge({kind, directory: directory.path});
    repo = await server.addRepo('acme/api', {description: 'An API', topics: ['service']});
    await makeBranches(repo);
    forge = openForge(server);
  });

  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  it('says what a repository is and what the token may do there', async () => {
    expect(await forge.repo('acme/api', signal)).toEqual({
      path: 'acme/api',
      webUrl: `${server.url}/acme/api`,
      cloneUrl: `${server.url}/acme/api.git`,
      defaultBranch: 'main',
      archived: false,
      fork: false,
      description: 'An API',
      topics: ['service'],
      canPush: true,
      pullRequests: true,
    });
    repo.archived = true;
    repo.canPush = false;
    repo.takesPullRequests = false;
    expect(await forge.repo('acme/api', signal)).toMatchObject({archived: true, canPush: false, pullRequests: false});
  });

  it('opens, finds, changes and labels a pull request', async () => {
    const opened = await forge.openPullRequest('acme/api', {...wanted, draft: true}, signal);
    expect(opened).toMatchObject({number: 1, state: 'open', head: 'orchestrator/docs', draft: true, title: 'Docs'});
    expect(opened.url).toContain(`${server.url}/acme/api/`);
    await forge.addLabels('acme/api', 1, ['docs', 'automatic'], signal);
    await forge.requestReviewers('acme/api', 1, ['ann', 'bob'], signal);
    const change = {title: 'Docs 2', body: 'More', base: 'main', draft: true};
    await forge.updatePullRequest('acme/api', 1, change, signal);
    const [found, ...others] = await forge.findPullRequests('acme/api', 'orchestrator/docs', signal);
    expect(others).toEqual([]);
    expect(found).toEqual({...opened, title: 'Docs 2', body: 'More', labels: ['docs', 'automatic']});
    expect(repo.pulls[0]).toMatchObject({reviewers: ['ann', 'bob'], draft: true});
  });

  it('finds what is closed and merged, the newest first', async () => {
    await forge.openPullRequest('acme/api', wanted, signal);
    repo.pulls[0]!.state = 'closed';
    await forge.openPullRequest('acme/api', wanted, signal);
    repo.pulls[1]!.state = 'merged';
    await forge.openPullRequest('acme/api', wanted, signal);
    const found = await forge.findPullRequests('acme/api', wanted.head, signal);
    expect(found.map(({number, state}) => [number, state])).toEqual([
      [3, 'open'],
      [2, 'merged'],
      [1, 'closed'],
    ]);
    expect(await forge.findPullRequests('acme/api', 'other', signal)).toEqual([]);
  });

  it.each([
    ['exists', {}, wanted],
    ['no-difference', {}, {...wanted, head: 'same'}],
    ['base-missing', {}, {...wanted, base: 'gone'}],
    ['head-missing', {}, {...wanted, head: 'gone'}],
    ['archived', {archived: true}, wanted],
    ['forbidden', {canPush: false}, wanted],
  ])('refuses with %s', async (reason, change, pull) => {
    if (reason === 'exists') await forge.openPullRequest('acme/api', wanted, signal);
    Object.assign(repo, change);
    // GitLab says the same with the status of a conflict.
    const expected = reason === 'exists' && kind === 'gitlab' ? 'conflict' : reason;
    await expect(forge.openPullRequest('acme/api', pull, signal)).rejects.toMatchObject({kind: expected});
  });

  it('lists all repositories of an organisation with a topic, page after page', async () => {
    for (let index = 0; index < 120; index++) {
      const path = `acme/svc-${String(index).padStart(3, '0')}`;
      server.store.repos.set(path, {
        ...repo,
        id: 100 + index,
        path,
        pulls: [],
        archived: index === 7,
        fork: index === 8,
      });
    }
    server.store.repos.set('other/one', {...repo, id: 999, path: 'other/one', pulls: []});
    const search = kind === 'github' ? 'org:acme topic:service' : 'group:acme topic:service';
    const {repos, complete} = await forge.listRepos(search, 1000, signal);
    expect(complete).toBe(true);
    expect(repos).toHaveLength(121);
    expect(repos.filter(({archived}) => archived).map(({path}) => path)).toEqual(['acme/svc-007']);
    expect(repos.filter(({fork}) => fork).map(({path}) => path)).toEqual(['acme/svc-008']);
    expect(await forge.listRepos(search, 50, signal)).toMatchObject({complete: false});
    const words = kind === 'github' ? 'org:acme svc-00 fork:true' : 'group:acme svc-00';
    expect((await forge.listRepos(words, 1000, signal)).repos).toHaveLength(10);
  });

  it('gives an error for a group, a repo and a pull request that are not there', async () => {
    const search = kind === 'github' ? 'org:nobody' : 'group:nobody';
    await expect(forge.listRepos(search, 10, signal)).rejects.toMatchObject({kind: 'not-found'});
    await expect(forge.repo('acme/none', signal)).rejects.toMatchObject({kind: 'not-found', status: 404});
    await expect(forge.addLabels('acme/api', 9, ['x'], signal)).rejects.toMatchObject({kind: 'not-found'});
  });

  it('knows whether a branch holds a commit', async () => {
    const main = await runGit(repo.directory, ['rev-parse', 'main']);
    const other = await runGit(repo.directory, ['rev-parse', 'orchestrator/docs']);
    expect(await forge.contains('acme/api', 'main', main, signal)).toBe(true);
    expect(await forge.contains('acme/api', 'orchestrator/docs', other, signal)).toBe(true);
    expect(await forge.contains('acme/api', 'main', other, signal)).toBe(false);
    expect(await forge.contains('acme/api', 'main', '0123456789'.repeat(4), signal)).toBe(false);
    await expect(forge.contains('acme/api', 'gone', main, signal)).rejects.toMatchObject({kind: 'base-missing'});
  });

  it('stops at once when it is told to', async () => {
    server.fault(/acme/, {stall: true});
    const stop = new AbortController();
    const asked = forge.repo('acme/api', stop.signal);
    setTimeout(() => stop.abort(new Error('enough')), 20);
    await expect(asked).rejects.toThrow('enough');
  });
});

it("asks and is answered as GitHub's published description says", async () => {
  await using directory = await makeTemporaryDirectory();
  await using server = await startMemoryForge({kind: 'github', directory: directory.path});
  const repo = await server.addRepo('acme/api', {topics: ['service']});
  await makeBranches(repo);
  const forge = openForge(server);
  await forge.repo('acme/api', signal);
  await forge.openPullRequest('acme/api', wanted, signal);
  await forge.openPullRequest('acme/api', wanted, signal).catch(() => {});
  await forge.updatePullRequest('acme/api', 1, {title: 'T', body: 'B', base: 'main', draft: false}, signal);
  await forge.addLabels('acme/api', 1, ['docs'], signal);
  await forge.requestReviewers('acme/api', 1, ['ann', 'team:core'], signal);
  await forge.findPullRequests('acme/api', wanted.head, signal);
  await forge.listRepos('org:acme', 10, signal);
  await forge.contains('acme/api', 'main', await runGit(repo.directory, ['rev-parse', 'main']), signal);
  await forge.contains('acme/api', 'main', '0123456789'.repeat(4), signal);
  await forge.listRepos('org:acme fork:true service', 10, signal);
  await forge.repo('acme/none', signal).catch(() => {});

  const description = new GithubDescription();
  const problems = server.requests.flatMap((request, index) =>
    description.judge(request, server.answers[index], githubApiPath),
  );
  expect(problems).toEqual([]);
  const enterprise = new GithubDescription('ghes-3.19');
  const asked = server.requests.flatMap(request => enterprise.judge(request, undefined, githubApiPath));
  expect(asked).toEqual([]);
  expect(server.requests).toHaveLength(13);
  // The judge itself: what is not described is found.
  const [first] = server.requests;
  const odd = {...first!, method: 'POST', path: `${githubApiPath}/repos/a/b/pulls`, body: Buffer.from('{"titel":1}')};
  expect(description.judge(odd, {status: 418, body: ''}, githubApiPath).join('\n')).toMatch(
    /head[\s\S]*titel[\s\S]*418/,
  );
});

function openForge(server: MemoryForge): Forge {
  const options = {apiUrl: server.host.apiUrl, token: server.token, clock: systemClock, mutationGapMs: 0};
  const post = createPost({});
  return server.host.kind === 'github' ? createGithubForge({...options, post}) : createGitlabForge({...options, post});
}

/** `main` and `same` on one commit, `orchestrator/docs` on another. */
async function makeBranches(repo: MemoryRepo): Promise<void> {
  const stream = ['main', 'same', 'orchestrator/docs']
    .map(branch => {
      const text = branch === 'same' ? 'main' : branch;
      return `commit refs/heads/${branch}\ncommitter T <t@example.com> 1750000000 +0000\ndata ${text.length}\n${text}\n`;
    })
    .join('\n');
  await runGit(repo.directory, ['fast-import', '--quiet'], stream);
}
