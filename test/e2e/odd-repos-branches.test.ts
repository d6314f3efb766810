import {execFileSync} from 'node:child_process';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {ResultRow} from '../../src/report/results-schema.ts';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeOddFleet, type OddFleet, oddFolder, oddRepos, slug} from '../support/odd-repos.ts';
import {anthropicAt, invitePerson, type Person, repoOf, wholeFile} from '../support/person.ts';
import {changesBetween, snapshotTree} from '../support/snapshot-tree.ts';

// A path with a line break cannot stand in a fleet file.
const repos = oddRepos.filter(({name}) => name !== 'a line break in its name');
/** What delivery of a branch may touch: new objects and the one ref. */
const ours =
  /(?:^|\/)(?:objects(?:\/[0-9a-f]{2}(?:\/[0-9a-f]+)?)?|refs\/heads(?:\/orchestrator(?:\/readme-generator)?)?)$/;

describe.each(['branch', 'patch'])('odd repos, delivered as %s', deliver => {
  let server: ScriptedModelServer;
  let person: Person;
  let rows: Map<string, ResultRow>;
  let paths: OddFleet['paths'];
  let before: OddFleet['before'];
  const folderOf = (name: string): string => oddFolder(person.home, name);
  const git = (name: string, ...args: string[]): string =>
    execFileSync('git', ['-c', 'safe.directory=*', '-c', 'core.fsmonitor=false', ...args], {
      cwd: paths.get(name)!,
      encoding: 'utf8',
      env: {PATH: process.env['PATH'], HOME: '/nonexistent', GIT_INDEX_FILE: path.join(person.home, 'index')},
    });

  beforeAll(async () => {
    server = await startScriptedModelServer();
    server.reply(request => wholeFile(repoOf(request)));
    person = await invitePerson(anthropicAt(server.url));
    ({paths, before} = await makeOddFleet(repos, person.home));
    await person.write('config/repos.json', {
      repositories: repos.map(({name}) => ({name: slug(name), path: paths.get(name)})),
    });
    await person.start(['--skill', 'readme-generator', '--max-workers', '8', '--deliver', deliver]);
    rows = new Map((await person.results()).map(row => [row.repo, row]));
  }, 120_000);
  afterAll(async () => {
    await person[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it.each(repos)('$name', async ({name, outcome}) => {
    const row = rows.get(slug(name));
    // Neither needs a work tree.
    const expected = outcome === 'no-work-tree' ? 'changed' : outcome;
    expect(`${row?.outcome}: ${row?.message}`).toMatch(new RegExp(`^${expected}: `));
    const touched = changesBetween(before.get(name)!, await snapshotTree(folderOf(name)));
    expect(touched.filter(file => deliver === 'patch' || !ours.test(file))).toEqual([]);
    if (row?.delivered === undefined) {
      expect(touched).toEqual([]);
      return;
    }
    const wanted = wholeFile(slug(name));
    if (deliver === 'branch') {
      const {branch, commit} = row.delivered;
      expect(branch).toBe('orchestrator/readme-generator');
      expect(git(name, 'rev-parse', branch!, `${branch}^`)).toBe(`${commit}\n${git(name, 'rev-parse', 'HEAD')}`);
      expect(git(name, 'show', `${branch}:README.md`)).toBe(wanted);
      return;
    }
    git(name, 'read-tree', 'HEAD');
    // Without the old content git cannot tell whether it is the one that was meant.
    if (name.startsWith('partial clone')) return;
    git(name, 'apply', '--cached', row.delivered.path!);
    expect(git(name, 'show', ':README.md')).toBe(wanted);
  });

  it('says up to date on the next night, and touches nothing', async () => {
    const calls = server.requestCount;
    const seen = await Promise.all(repos.map(({name}) => snapshotTree(folderOf(name))));
    await person.call(['--skill', 'readme-generator', '--max-workers', '8', '--deliver', deliver]);
    const outcomes = (await person.results()).map(row => row.outcome);
    expect(new Set(outcomes.filter(outcome => outcome === 'changed' || outcome === 'unchanged'))).toEqual(new Set());
    expect(await Promise.all(repos.map(({name}) => snapshotTree(folderOf(name))))).toEqual(seen);
    expect(server.requestCount).toBe(calls);
  });
});
