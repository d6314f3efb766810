import {execFileSync} from 'node:child_process';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {ResultRow} from '../../src/report/results-schema.ts';
import {type MemoryForge, startMemoryForge} from '../../src/testing/memory-forge.ts';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {runGit} from '../../src/testing/temporary-fleet.ts';
import {makeOddFleet, type OddFleet, oddFolder, oddRepos, slug} from '../support/odd-repos.ts';
import {anthropicAt, invitePerson, type Person, repoOf, wholeFile} from '../support/person.ts';
import {changesBetween, snapshotTree} from '../support/snapshot-tree.ts';

// A path with a line break cannot stand in a fleet file.
const repos = oddRepos.filter(({name}) => name !== 'a line break in its name');

/** Where a pull request is something else than a file in the work tree. */
const expected: Readonly<Record<string, string>> = {
  bare: 'changed',
  'SHA-256 objects': 'base-branch-missing',
};

describe('odd repos, delivered as pull requests', () => {
  let server: ScriptedModelServer;
  let forge: MemoryForge;
  let person: Person;
  let rows: Map<string, ResultRow>;
  let before: OddFleet['before'];
  let config: string;

  beforeAll(async () => {
    server = await startScriptedModelServer();
    server.reply(request => wholeFile(repoOf(request)));
    person = await invitePerson(anthropicAt(server.url));
    const fleet = await makeOddFleet(repos, person.home);
    before = fleet.before;
    const directory = path.join(person.directory, 'forge');
    await mkdir(directory);
    forge = await startMemoryForge({kind: 'github', directory});
    for (const {name} of repos) {
      const remote = (await forge.addRepo(onForge(name))).directory;
      await runGit(remote, ['config', 'receive.shallowUpdate', 'true']);
      publish(fleet.paths.get(name)!, remote);
    }
    const {host, apiUrl} = forge.host;
    await person.write('config/repos.json', {
      forges: [{host, kind: 'github', api_url: apiUrl, token_env: 'FORGE_TOKEN'}],
      repositories: repos.map(({name}) => ({
        name: slug(name),
        path: fleet.paths.get(name),
        url: `${forge.url}/${onForge(name)}.git`,
      })),
    });
    config = await person.write('config/night.json', {
      tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all'}],
      settings: {deliver: 'pull-request', pr_per_hour: 1000, max_workers: 8},
    });
    await night();
    rows = new Map((await person.results()).map(row => [row.repo, row]));
  }, 180_000);
  afterAll(async () => {
    await person[Symbol.asyncDispose]();
    await forge[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** What a repo is called on the forge, where names are plain. */
  function onForge(name: string): string {
    return `acme/repo-${repos.findIndex(repo => repo.name === name)}`;
  }

  /** Brings what a repo has to its place on the forge, as its owner did once; of some there is nothing that git would push. */
  function publish(from: string, to: string): void {
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'safe.directory=*', '-c', 'core.fsmonitor=false', ...args], {
        cwd: from,
        env: {PATH: process.env['PATH'], HOME: '/nonexistent'},
        stdio: ['ignore', 'pipe', 'ignore'],
        encoding: 'utf8',
      });
    try {
      git('push', '-q', '--no-verify', to, 'HEAD:refs/heads/main');
      git('push', '-q', '--no-verify', to, `HEAD:refs/heads/${git('symbolic-ref', '--short', 'HEAD').trim()}`);
    } catch {
      // No commit, no branch, no repository, or objects of another kind than the forge has.
    }
  }

  async function night(): Promise<void> {
    await person.start(['--config', config], {env: {FORGE_TOKEN: forge.token}});
  }

  it.each(repos)('$name', async ({name, outcome}) => {
    const row = rows.get(slug(name));
    expect(`${row?.outcome}: ${row?.message}`).toMatch(new RegExp(`^${expected[name] ?? outcome}: `));
    expect(changesBetween(before.get(name)!, await snapshotTree(oddFolder(person.home, name)))).toEqual([]);
    const {directory, pulls} = forge.store.find(onForge(name))!;
    if (row?.outcome !== 'changed') {
      expect(pulls).toEqual([]);
      return;
    }
    expect(pulls).toMatchObject([{state: 'open', head: 'orchestrator/readme-generator'}]);
    const [{head, base}] = pulls as [(typeof pulls)[number]];
    expect(await runGit(directory, ['rev-parse', head])).toBe(row.delivered!.commit);
    expect(await runGit(directory, ['show', `${head}:README.md`])).toBe(wholeFile(slug(name)).trimEnd());
    expect(await runGit(directory, ['rev-list', '--count', `${base}..${head}`])).toBe('1');
  });

  it('opens none on the next night, and touches nothing', async () => {
    const calls = server.requestCount;
    await night();
    expect((await person.results()).filter(row => row.outcome === 'changed')).toEqual([]);
    for (const {name} of repos) {
      expect(forge.store.find(onForge(name))!.pulls.length).toBeLessThan(2);
      expect(changesBetween(before.get(name)!, await snapshotTree(oddFolder(person.home, name)))).toEqual([]);
    }
    expect(server.requestCount).toBe(calls);
  });
});
