import {describe, expect, it} from 'vitest';
import type {Fleet, Repo} from '../domain/repo.ts';
import {type SelectionOptions, type Selector, selectRepos} from './select-repos.ts';

const fleet = fleetOf([
  {name: 'api', path: '/code/api', tags: ['python', 'service']},
  {name: 'web', path: '/code/web', tags: ['typescript', 'service']},
  {name: 'legacy-api', path: '/code/old/legacy-api', tags: ['python', 'legacy']},
  {name: 'asleep', path: '/code/asleep', tags: ['python', 'sleeping'], active: false},
  {name: 'remote', url: 'https://x.test/remote.git', tags: []},
]);

function select(selector: Selector, options: Partial<SelectionOptions> & {fleet?: Fleet} = {}) {
  const selection = selectRepos(selector, options.fleet ?? fleet, {
    exclude: [],
    places: {base: '/work', home: '/home/ann', env: {CODE: '/code'}},
    expandGlob: () => [],
    realPath: path => path.replace('/link', '/code'),
    ...options,
  });
  return {names: selection.repos.map(repo => repo.name), ...selection};
}

describe('selectRepos', () => {
  it('takes every active repo for "all", unless a group has that name', () => {
    expect(select({group: 'all'}).names).toEqual(['api', 'web', 'legacy-api', 'remote']);
    const grouped = {...fleet, groups: new Map([['all', ['web']]])};
    expect(select({group: 'all'}, {fleet: grouped}).names).toEqual(['web']);
  });

  it('takes groups in fleet order, without the inactive', () => {
    const grouped = {...fleet, groups: new Map([['mine', ['web', 'asleep', 'api', 'web']]])};
    expect(select({group: 'mine'}, {fleet: grouped})).toMatchObject({names: ['api', 'web'], faults: []});
    expect(select({group: 'mien'}, {fleet: grouped}).faults).toEqual([
      {path: ['group'], message: 'no group "mien"', hint: 'did you mean "mine"?'},
    ]);
  });

  it('takes tags and expressions, without the inactive', () => {
    expect(select({tag: 'python'}).names).toEqual(['api', 'legacy-api']);
    expect(select({select: 'python and not legacy'}).names).toEqual(['api']);
    expect(select({select: 'not service'}).names).toEqual(['legacy-api', 'remote']);
    expect(select({tag: 'pyton'}).faults).toEqual([
      {path: ['tag'], message: 'no repo has the tag "pyton"', hint: 'did you mean "python"?'},
    ]);
    expect(select({select: 'python and legcy'}).faults).toEqual([
      {path: ['select'], offset: 11, message: 'no repo has the tag "legcy"', hint: 'did you mean "legacy"?'},
    ]);
    expect(select({select: 'python or'}).faults).toEqual([
      {path: ['select'], offset: 9, message: 'expected a tag at the end'},
    ]);
  });

  it('takes names in the listed order, each once, the inactive too', () => {
    expect(select({repo_names: ['web', 'asleep', 'api', 'web']})).toMatchObject({
      names: ['web', 'asleep', 'api'],
      faults: [],
    });
    expect(select({repo_names: ['web', 'ap']}).faults).toEqual([
      {path: ['repo_names', 1], message: 'no repo "ap"', hint: 'did you mean "api"?'},
    ]);
  });

  it('takes paths: of the fleet, of elsewhere, and of nowhere', () => {
    const {repos, faults} = select({
      repos: ['$CODE/web/', '~/x/api', '/link/api', '../gone', '/code/asleep', '/y/api'],
    });
    expect(faults).toEqual([]);
    expect(repos.map(repo => [repo.name, repo.path])).toEqual([
      ['web', '/code/web'],
      ['x/api', '/home/ann/x/api'],
      ['api', '/code/api'],
      ['gone', '/gone'],
      ['asleep', '/code/asleep'],
      ['y/api', '/y/api'],
    ]);
    expect(repos[0]?.tags).toEqual(['typescript', 'service']);
  });

  it('takes globs as a shell does, with the inactive, and says when one matches nothing', () => {
    const expandGlob = (pattern: string): string[] =>
      pattern === '/code/*' ? ['/code/api', '/code/asleep', '/code/new'] : [];
    expect(select({repos: ['$CODE/*', '/code/api']}, {expandGlob}).names).toEqual(['api', 'asleep', 'new']);
    expect(select({repos: ['/code/web', '~/nope/*', '$NOPE/x']}, {expandGlob}).faults).toEqual([
      {path: ['repos', 1], message: '"~/nope/*" matches no git repository'},
      {path: ['repos', 2], message: 'the environment variable NOPE is not set'},
    ]);
  });

  it('takes one folder under two names once, under the first, and says so', () => {
    const twins = fleetOf([
      {name: 'api', path: '/code/api'},
      {name: 'api-again', path: '/linked/api'},
    ]);
    const realPath = (file: string): string => file.replace('/linked/', '/code/');
    const chosen = select({group: 'all'}, {fleet: twins, realPath});
    expect(chosen.names).toEqual(['api']);
    expect(chosen.notes).toEqual(['the repos "api" and "api-again" are the same folder, so it runs once, as "api"']);
  });

  it('leaves out by name, glob and path', () => {
    expect(select({group: 'all'}, {exclude: ['legacy-*', 'remote']}).names).toEqual(['api', 'web']);
    expect(select({group: 'all'}, {exclude: ['/code/old']}).names).toEqual(['api', 'web', 'remote']);
    expect(select({group: 'all'}, {exclude: ['$CODE/*']}).names).toEqual(['remote']);
    expect(select({repos: ['/x/legacy-a', '/y/legacy-a']}, {exclude: ['legacy-*']}).names).toEqual([]);
  });

  it('says when nothing is left', () => {
    const inactive = 'inactive repos are selected by name or path only';
    expect(select({tag: 'sleeping'}).faults).toEqual([
      {path: ['tag'], empty: true, message: 'selects no active repo', hint: inactive},
    ]);
    const grouped = {...fleet, groups: new Map<string, string[]>(Object.entries({none: [], asleep: ['asleep']}))};
    expect(select({group: 'asleep'}, {fleet: grouped}).faults).toMatchObject([{hint: inactive}]);
    expect(select({group: 'none'}, {fleet: grouped}).faults).toEqual([
      {path: ['group'], empty: true, message: 'the group "none" names no repo'},
    ]);
    expect(select({select: 'service and sleeping'}).faults).toEqual([
      {path: ['select'], empty: true, message: 'no active repo has such tags'},
    ]);
    expect(select({tag: 'python'}, {exclude: ['*']}).faults).toEqual([
      {path: ['exclude'], empty: true, message: 'everything that is selected is excluded'},
    ]);
  });

  it('is quick for 5,000 repos, also when every name is wrong', () => {
    const large = fleetOf(
      Array.from({length: 5000}, (_, index) => ({
        name: `repo-${index}`,
        path: `/code/r${index}`,
        tags: [`t${index % 50}`],
      })),
    );
    const started = performance.now();
    expect(select({group: 'all'}, {fleet: large, exclude: ['*-7', '/code/r1*']}).names.length).toBeLessThan(5000);
    expect(select({repo_names: large.repos.map(repo => `x${repo.name}`)}, {fleet: large}).faults).toHaveLength(5000);
    expect(select({repos: large.repos.map(repo => repo.path!)}, {fleet: large}).names).toHaveLength(5000);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

function fleetOf(repos: (Partial<Repo> & {name: string})[]): Fleet {
  return {repos: repos.map(repo => ({tags: [], active: true, ...repo})), groups: new Map()};
}
