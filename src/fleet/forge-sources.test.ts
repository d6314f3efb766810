import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {type ForgeQuery, type ForgeRepo, wellKnownForges} from '../domain/forge.ts';
import {formatProblem} from '../domain/problem.ts';
import type {ForgeListings} from './forge-listings.ts';
import {type AskForSource, keptListings, listSources} from './list-sources.ts';
import {type LoadedFleet, loadFleet} from './load-fleet.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'orchestrator-sources-'));
});

afterEach(() => rmSync(root, {recursive: true}));

function load(text: string, listings?: ForgeListings): Omit<LoadedFleet, 'problems'> & {problems: string[]} {
  const file = path.join(root, 'repos.json');
  writeFileSync(file, text);
  const loaded = loadFleet(file, {home: '/home/ann', env: {}, label: 'repos.json', listings});
  return {...loaded, problems: loaded.problems.map(formatProblem)};
}

function repo(name: string, more: Partial<ForgeRepo> = {}): ForgeRepo {
  const webUrl = `https://github.com/${name}`;
  const rest = {archived: false, fork: false, topics: []};
  return {path: name, webUrl, cloneUrl: `${webUrl}.git`, defaultBranch: 'main', ...rest, ...more};
}

const source = '{"sources": [{"github": "org:acme topic:service", "tags": ["acme"]}]}';

describe('sources on a forge', () => {
  it('give repos with unique names, tags and addresses, without archived ones and forks', () => {
    const found = [
      repo('acme/web'),
      repo('acme/api'),
      repo('acme/old', {archived: true}),
      repo('acme/f', {fork: true}),
    ];
    const {fleet, problems} = load(
      `{"repositories": [{"name": "web", "path": "/srv/web"}, {"name": "mine", "url": "git@github.com:Acme/API.git", "tags": ["x"]}],
        "sources": [{"github": "org:acme", "tags": ["acme"]}, {"github": "org:acme", "tags": ["forked"], "forks": true}]}`,
      () => ({repos: found}),
    );
    expect(problems).toEqual([]);
    expect(fleet.repos.map(({name, url, branch, tags}) => ({name, url, branch, tags}))).toEqual([
      {name: 'web', url: undefined, branch: undefined, tags: []},
      {name: 'mine', url: 'git@github.com:Acme/API.git', branch: undefined, tags: ['x', 'acme', 'forked']},
      {name: 'acme/web', url: 'https://github.com/acme/web.git', branch: 'main', tags: ['acme', 'forked']},
      {name: 'f', url: 'https://github.com/acme/f.git', branch: 'main', tags: ['forked']},
    ]);
  });

  it('that add nothing are worth a note', () => {
    const notes = (repos: readonly ForgeRepo[]): readonly string[] => load(source, () => ({repos})).fleet.notes ?? [];
    expect(notes([])).toEqual([
      'the source "org:acme topic:service" adds no repo: github.com lists none that its token may see',
    ]);
    expect(notes([repo('acme/old', {archived: true}), repo('acme/f', {fork: true})])).toEqual([
      'the source "org:acme topic:service" adds no repo: all that github.com lists are archived or forks',
    ]);
    expect(notes([repo('acme/old', {archived: true}), repo('acme/api')])).toEqual([]);
    const listed =
      '{"repositories": [{"name": "api", "url": "git@github.com:acme/api.git"}], "sources": [{"github": "org:acme"}]}';
    expect(load(listed, () => ({repos: [repo('acme/api')]})).fleet.notes).toEqual([]);
  });

  it('take no address, branch or name from the answer that is not what it should be', () => {
    const odd = [
      repo('acme/a', {
        cloneUrl: 'https://evil.test/x.git',
        webUrl: 'https://evil.test',
        defaultBranch: '--upload-pack=x',
      }),
      repo('acme/../../etc'),
      repo('acme/b c'),
      repo('https://evil.test/a'),
      repo('acme/d', {description: 'one\u001b[31m\ntwo \u202e'}),
    ];
    const {fleet} = load(source, () => ({repos: odd}));
    expect(fleet.repos).toEqual([
      {
        ...{name: 'a', url: 'https://github.com/acme/a.git', github: 'https://github.com/acme/a'},
        tags: ['acme'],
        active: true,
      },
      {
        ...{name: 'd', url: 'https://github.com/acme/d.git', github: 'https://github.com/acme/d'},
        ...{branch: 'main', description: 'one [31m two', tags: ['acme'], active: true},
      },
    ]);
  });

  it('say where it is wrong when they give nothing', () => {
    expect(
      load(source, () => ({fault: 'there is no token for github.com', hint: 'set GITHUB_TOKEN'})).problems,
    ).toEqual(['repos.json:1:25 sources[0].github — there is no token for github.com; set GITHUB_TOKEN']);
    expect(load('{"sources": [{"gitlab": "group:a", "forge": "git.acme.com", "depth": 2}]}').problems).toEqual([
      'repos.json:1:45 sources[0].forge — no forge "git.acme.com"; list it under "forges"',
      'repos.json:1:70 sources[0].depth — "depth" says nothing about a source of kind "gitlab"; leave it out',
    ]);
  });

  it('ask a search of GitHub for forks when they are wanted', () => {
    const asked: string[] = [];
    const searches = ['org:acme', 'org:acme cli', 'user:ann fork:only'];
    const sources = searches.map(github => ({github, forks: true}));
    load(JSON.stringify({sources}), ({search}) => {
      asked.push(search);
      return {repos: []};
    });
    expect(asked).toEqual(['org:acme', 'org:acme cli fork:true', 'user:ann fork:only']);
  });

  it("ask forges of one's own, with a token for each", () => {
    const asked: ForgeQuery[] = [];
    const forges = `[{"host": "Git.Acme.com", "kind": "gitlab", "token_env": "ACME_TOKEN"},
      {"host": "ghe.acme.com:8443", "kind": "github", "api_url": "https://ghe.acme.com:8443/api/v3/", "token_env": "GHE"}]`;
    const {fleet, problems} = load(
      `{"forges": ${forges}, "sources": [{"gitlab": "group:a/b", "forge": "git.acme.com"}, {"github": "org:x", "forge": "ghe.acme.com:8443"}]}`,
      query => {
        asked.push(query);
        return {repos: []};
      },
    );
    expect(problems).toEqual([]);
    expect(asked.map(({forge, search}) => [forge.apiUrl, forge.tokenEnvs, search])).toEqual([
      ['https://git.acme.com/api/v4', ['ACME_TOKEN'], 'group:a/b'],
      ['https://ghe.acme.com:8443/api/v3', ['GHE'], 'org:x'],
    ]);
    expect(fleet.forges?.map(({host}) => host)).toEqual([
      'git.acme.com',
      'ghe.acme.com:8443',
      'github.com',
      'gitlab.com',
    ]);
  });

  it.each([
    [
      '"host": "a.com", "kind": "github", "token_env": "T", "api_url": "http://a.com/api"',
      'api_url — expected "https://"',
    ],
    ['"host": "a.com", "kind": "github", "token_env": "T", "api_url": "https://u:p@a.com"', 'without a user'],
    ['"host": "a.com/x", "kind": "github", "token_env": "T"', 'expected a host'],
    ['"host": "a.com", "kind": "github", "token_env": "ghp_x-y"', 'never the token itself'],
    ['"host": "a.com", "kind": "gitea", "token_env": "T"', 'kind'],
    ['"host": "a.com", "kind": "github"', '"token_env" is missing'],
  ])('refuse a forge with %s', (written, problem) => {
    expect(load(`{"forges": [{${written}}]}`).problems.join('\n')).toContain(problem);
  });
});

describe('listSources', () => {
  const query: ForgeQuery = {forge: wellKnownForges[0]!, search: 'org:acme'};
  const day = 86_400_000;
  const down: AskForSource = async () => ({fault: 'no connection', passing: true});
  const list = async (ask: AskForSource, now: number, keep = true) =>
    (await listSources([query], {ask, keep, cacheDir: path.join(root, 'sources'), now: () => now}))(query);

  it('answers with what the forge said last when it is down, and says so, for a month', async () => {
    expect(await list(down, 0)).toEqual({fault: 'no connection'});
    const up: AskForSource = async () => ({repos: [repo('acme/api')], complete: true});
    expect(await list(up, 1000)).toEqual({repos: [repo('acme/api')]});
    expect(await list(down, day)).toMatchObject({
      repos: [{path: 'acme/api'}],
      note: 'the source "org:acme": no connection; what it said on 1970-01-01 00:00 UTC is used',
    });
    expect(await list(down, 40 * day)).toEqual({fault: 'no connection'});
    const refused: AskForSource = async () => ({fault: 'does not accept the token', passing: false});
    expect(await list(refused, day)).toEqual({fault: 'does not accept the token'});
  });

  it('asks once for several commands in a row, and never goes by a damaged answer', async () => {
    let asked = 0;
    const count: AskForSource = async () => {
      asked++;
      return {repos: [], complete: true};
    };
    await list(count, 1000);
    await list(count, 2000);
    expect(asked).toBe(1);
    const [file] = readdirSync(path.join(root, 'sources'));
    writeFileSync(path.join(root, 'sources', file!), '{"version": 1, "repos": "none"');
    await list(count, 3000);
    expect(asked).toBe(2);
    expect(keptListings(path.join(root, 'none'))(query)).toEqual({repos: []});
  });

  it('leaves nothing behind when it is not to keep, and refuses half an answer', async () => {
    const half: AskForSource = async () => ({repos: [repo('acme/api')], complete: false});
    expect(await list(half, 0)).toMatchObject({
      fault: expect.stringContaining('more repositories'),
      hint: expect.any(String),
    });
    expect(await list(async () => ({repos: [], complete: true}), 0, false)).toEqual({repos: []});
    expect(readdirSync(root)).toEqual([]);
  });
});
