import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {wellKnownForges} from '../domain/forge.ts';
import {formatProblem} from '../domain/problem.ts';
import {expandRepoGlob} from './find-repos.ts';
import {loadFleet} from './load-fleet.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'load-fleet-')));
});
afterEach(() => rmSync(root, {recursive: true, force: true}));

function load(text: string) {
  const file = path.join(root, 'repos.json');
  writeFileSync(file, text);
  const loaded = loadFleet(file, {home: '/home/ann', env: {WORK: '/srv'}, label: 'repos.json'});
  return {...loaded, problems: loaded.problems.map(formatProblem)};
}

function makeRepos(...names: string[]): void {
  for (const name of names)
    execFileSync('git', ['init', '-q', ...(name.endsWith('.git') ? ['--bare'] : []), path.join(root, name)]);
}

describe('loadFleet', () => {
  it('reads repos and groups', () => {
    const {fleet, problems} = load(`{
      "repositories": [
        {"name": "a", "path": "~/a", "github": null, "tags": ["x", "x"], "description": "A", "branch": "main"},
        {"name": "b", "url": "git@host.test:me/b.git", "active": false, "github": "https://github.com/me/b"},
        {"name": "c", "path": "$WORK/c"}, {"name": "d", "path": "sub/d"},
      ],
      "groups": {"g": ["a", "b"]},
    }`);
    expect(problems).toEqual([]);
    expect(fleet).toEqual({
      file: 'repos.json',
      repos: [
        {name: 'a', path: '/home/ann/a', tags: ['x'], active: true, description: 'A', branch: 'main'},
        {name: 'b', url: 'git@host.test:me/b.git', tags: [], active: false, github: 'https://github.com/me/b'},
        {name: 'c', path: '/srv/c', tags: [], active: true},
        {name: 'd', path: path.join(root, 'sub/d'), tags: [], active: true},
      ],
      groups: new Map([['g', ['a', 'b']]]),
      forges: wellKnownForges,
      notes: [],
    });
  });

  it('says all that is wrong at once', () => {
    const {problems} = load(`{
  "repositories": [
    {"name": "mcp-fleet"}, {"name": "x", "path": "/x"}, {"name": "x", "path": "/y"}, {"name": "z", "path": "$NOPE/z"}
  ],
  "groups": {"g": ["x", "mcp-flet"]},
  "sources": [{"directory": "/nope"}, {"github": "org:acme"}, {"tags": []}, {"directory": "/a", "gitlab": "b"}]
}`);
    expect(problems.join('\n')).toMatchInlineSnapshot(`
      "repos.json:3:5 repositories[0] — "path" or "url" is missing; give the folder on this machine, or where to clone from
      repos.json:3:66 repositories[2].name — two repositories are named "x"; give each its own name
      repos.json:3:108 repositories[3].path — the environment variable NOPE is not set
      repos.json:5:25 groups.g[1] — no repo "mcp-flet"; did you mean "mcp-fleet"?
      repos.json:6:29 sources[0].directory — the folder "/nope" does not exist; correct it, or remove the source
      repos.json:6:63 sources[2] — one of "directory", "github" and "gitlab" is missing
      repos.json:6:77 sources[3] — a source is of one kind, found "directory" and "gitlab"; keep one of them"
    `);
    expect(
      load(
        '{"repos": [], "repositories": [{"nme": "a", "url": "ext::sh -c x", "branch": "-x", "tags": ["not", "a b"]}]}',
      ).problems.join('\n'),
    ).toMatchInlineSnapshot(`
      "repos.json:1:2 repos — "repos" is not a key of a fleet file
      repos.json:1:32 repositories[0] — "name" is missing
      repos.json:1:33 repositories[0].nme — "nme" is not a key of a repository; did you mean "name"?
      repos.json:1:52 repositories[0].url — expected a git URL such as "https://…" or "git@host:owner/name.git", found "ext::sh -c x"
      repos.json:1:78 repositories[0].branch — expected a branch name, found "-x"
      repos.json:1:93 repositories[0].tags[0] — expected a tag without spaces, quotes and parentheses, other than "and", "or", "not", found "not"
      repos.json:1:100 repositories[0].tags[1] — expected a tag without spaces, quotes and parentheses, other than "and", "or", "not", found "a b""
    `);
    expect(load('{"repositories": [').problems).toEqual([
      'repos.json:1:19 — the file ends before the "[" of line 1 is closed',
    ]);
    expect(loadFleet(path.join(root, 'nope.json'), {home: '/', env: {}}).problems[0]?.message).toBe(
      'the file does not exist',
    );
  });

  it('finds repos below a source: not inside repos, node_modules or hidden folders, and not through links', () => {
    makeRepos(
      'w/b',
      'w/a',
      'w/a/inner',
      'w/team/c',
      'w/team/bare.git',
      'w/team/deep/er/d',
      'w/node_modules/n',
      'w/.hidden/h',
    );
    execFileSync('git', ['-C', path.join(root, 'w/a'), 'commit', '-q', '--allow-empty', '-m', 'first']);
    execFileSync('git', ['-C', path.join(root, 'w/a'), 'worktree', 'add', '-q', path.join(root, 'w/linked')]);
    symlinkSync(path.join(root, 'w'), path.join(root, 'w/loop'));
    mkdirSync(path.join(root, 'w/empty'));
    const {fleet, problems} = load('{"sources": [{"directory": "w", "depth": 2, "tags": ["local"]}]}');
    expect(problems).toEqual([]);
    expect(fleet.repos.map(repo => repo.name)).toEqual(['a', 'b', 'linked', 'bare.git', 'c']);
    expect(fleet.repos[0]).toEqual({name: 'a', path: path.join(root, 'w/a'), tags: ['local'], active: true});
  });

  it('gives a found repo that is listed only its tags, and names that are taken a longer form', () => {
    makeRepos('w/a', 'w/b', 'v/a');
    const {fleet} = load(`{
      "repositories": [{"name": "mine", "path": "w/a", "tags": ["x"], "active": false}, {"name": "b", "url": "https://x.test/b"}],
      "sources": [{"directory": "w", "tags": ["local", "x"]}, {"directory": "v"}, {"directory": "v", "tags": ["again"]}]
    }`);
    expect(fleet.repos.map(repo => [repo.name, repo.tags, repo.active])).toEqual([
      ['mine', ['x', 'local'], false],
      ['b', [], true],
      ['w/b', ['local', 'x'], true],
      ['a', ['again'], true],
    ]);
  });
});

describe('expandRepoGlob', () => {
  it('matches only git repos, at the depth of the pattern', () => {
    makeRepos('w/api', 'w/app', 'w/team/api', 'w/x(1)');
    mkdirSync(path.join(root, 'w/apt'));
    const expand = (pattern: string): string[] =>
      expandRepoGlob(path.join(root, pattern)).map(repo => path.relative(root, repo));
    expect(expand('w/ap*')).toEqual(['w/api', 'w/app']);
    expect(expand('w/*/api')).toEqual(['w/team/api']);
    expect(expand('w/**/api')).toEqual(['w/api', 'w/team/api']);
    expect(expand('w/{team/api,app}')).toEqual(['w/app', 'w/team/api']);
    expect(expand('w/x(1)')).toEqual(['w/x(1)']);
    expect(expand('nope/*')).toEqual([]);
  });
});
