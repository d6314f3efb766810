import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {ForgeKind} from '../../src/domain/forge.ts';
import {type MemoryForge, startMemoryForge} from '../../src/testing/memory-forge.ts';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {commitFiles, makeRepo, runGit} from '../../src/testing/temporary-fleet.ts';
import {anthropicAt, bin, invitePerson, type Person, repoOf, wholeFile} from '../support/person.ts';

describe.each<ForgeKind>(['github', 'gitlab'])('pull requests on %s, as a person gets them', kind => {
  let server: ScriptedModelServer;
  let forge: MemoryForge;
  let person: Person;

  beforeEach(async () => {
    server = await startScriptedModelServer();
    server.reply(request => wholeFile(repoOf(request)));
    person = await invitePerson(anthropicAt(server.url));
    const directory = path.join(person.directory, 'forge');
    await mkdir(directory);
    forge = await startMemoryForge({kind, directory});
    for (const name of ['api', 'web']) await ownOnForge(name);
    await writeFleet();
  });

  afterEach(async () => {
    await person[Symbol.asyncDispose]();
    await forge[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** A repo on the forge, and a clone of it at `~/code`. */
  async function ownOnForge(name: string): Promise<void> {
    const {directory} = await forge.addRepo(`acme/${name}`);
    const clone = await makeRepo(path.join(person.home, 'code', name), {files: {'main.py': `print("${name}")\n`}});
    await clone.git('push', '-q', directory, 'HEAD:refs/heads/main');
  }

  async function writeFleet(more: object = {}): Promise<void> {
    const {host, apiUrl} = forge.host;
    await person.write('config/repos.json', {
      forges: [{host, kind, api_url: apiUrl, token_env: 'FORGE_TOKEN'}],
      repositories: ['api', 'web'].map(name => ({name, path: `~/code/${name}`, url: `${forge.url}/acme/${name}.git`})),
      ...more,
    });
  }

  async function night(more: object = {}, settings: object = {}) {
    const config = await person.write('config/night.json', {
      tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all', ...more}],
      settings: {deliver: 'pull-request', ...settings},
    });
    return await person.start(['--config', config], {env: {FORGE_TOKEN: forge.token}});
  }

  const repo = (name: string) => forge.store.find(`acme/${name}`)!;

  it('opens one for each repo, says nothing twice, and updates it when there is something new', async () => {
    const first = await night({labels: ['docs'], reviewers: ['ann']}, {draft: true});
    expect(first).toMatchObject({exitCode: 0, stderr: ''});
    const [row] = await person.results();
    const pull = repo('api').pulls[0]!;
    expect(row).toMatchObject({
      outcome: 'changed',
      delivered: {
        kind: 'pull-request',
        branch: 'orchestrator/readme-generator',
        url: expect.stringContaining('/acme/api/'),
      },
    });
    expect(pull).toMatchObject({state: 'open', base: 'main', labels: ['docs'], reviewers: ['ann'], draft: true});
    expect(pull.title.replace('Draft: ', '')).toBe('readme-generator: add README.md');
    expect(pull.body).toContain('| `README.md` | ');
    expect(pull.body).toContain('orchestrator-skip');
    expect(await runGit(repo('api').directory, ['rev-parse', pull.head])).toBe(row!.delivered!.commit);

    expect(await night()).toMatchObject({exitCode: 0});
    expect((await person.results()).map(({outcome}) => outcome)).toEqual(['up-to-date', 'up-to-date']);

    const code = path.join(person.home, 'code', 'api');
    await commitFiles(code, {'main.py': 'print("new")\n'});
    await runGit(code, ['push', '-q', repo('api').directory, 'HEAD:refs/heads/main']);
    server.reply(request => `${wholeFile(repoOf(request))}\nMore words.\n`);
    expect(await night()).toMatchObject({exitCode: 0});
    expect((await person.results()).map(({outcome}) => outcome)).toEqual(['changed', 'up-to-date']);
    expect(repo('api').pulls).toHaveLength(1);
    expect(pull.state).toBe('open');
    expect(await runGit(repo('api').directory, ['show', `${pull.head}:README.md`])).toContain('More words.');
    expect(forge.unusedFaults).toBe(0);
  });

  it('lists a source of the forge, proposes to its repos, and goes on when the forge cannot list', async () => {
    const source = kind === 'github' ? {github: 'org:acme'} : {gitlab: 'group:acme'};
    await writeFleet({sources: [{...source, forge: forge.host.host, tags: ['acme']}]});
    await forge.addRepo('acme/old', {archived: true});
    const far = await forge.addRepo('acme/far');
    const elsewhere = await makeRepo(path.join(person.directory, 'far'), {files: {'main.py': 'print("far")\n'}});
    await elsewhere.git('push', '-q', far.directory, 'HEAD:refs/heads/main');
    const env = {FORGE_TOKEN: forge.token};
    const listed = await person.start(['list', 'repos', '--json'], {env});
    expect(listed.stderr).toBe('');
    expect(JSON.parse(listed.stdout)).toMatchObject([
      {name: 'api', tags: ['acme']},
      {name: 'web', tags: ['acme']},
      {name: 'far', path: null, url: `${forge.url}/acme/far.git`, branch: 'main', tags: ['acme']},
    ]);
    const refused = await person.start(['list', 'repos', '--json'], {env: {FORGE_TOKEN: ''}});
    // What was listed a moment ago is not asked for again.
    expect(refused.exitCode).toBe(0);
    expect(await night({group: undefined, tag: 'acme'})).toMatchObject({exitCode: 0});
    expect(repo('api').pulls).toHaveLength(1);
    // It has no clone on this machine.
    expect(far.pulls).toMatchObject([{state: 'open', base: 'main', head: 'orchestrator/readme-generator'}]);
  });

  // The rest is the same on every forge; GitHub wants a second between two changes.
  if (kind === 'github') return;

  it('does not propose again what was closed, and leaves alone what carries the label', async () => {
    await night();
    repo('api').pulls[0]!.state = 'closed';
    repo('web').pulls[0]!.labels.push('orchestrator-skip');
    const paid = server.requestCount;
    expect(await night({force: true})).toMatchObject({exitCode: 0});
    const rows = await person.results();
    expect(rows.map(({outcome, message}) => [outcome, message])).toEqual([
      ['unchanged', 'pull request 1 with the same change was closed; it is not opened again'],
      ['unchanged', 'pull request 1 carries the label orchestrator-skip'],
    ]);
    // The one with the label was not even asked for.
    expect(server.requestCount).toBe(paid + 1);
    expect(repo('api').pulls).toHaveLength(1);
  });

  it("leaves a person's commits on the branch alone", async () => {
    await night();
    const {directory} = repo('api');
    const clone = path.join(person.directory, 'clone');
    await runGit(person.directory, ['clone', '-q', '-b', 'orchestrator/readme-generator', directory, clone]);
    const commit = await commitFiles(clone, {'README.md': '# Mine\n'});
    await runGit(clone, ['push', '-q', 'origin', 'HEAD']);
    server.reply(request => `${wholeFile(repoOf(request))}\nMore words.\n`);
    expect(await night({force: true})).toMatchObject({exitCode: 1});
    expect((await person.results()).map(({outcome}) => outcome)).toEqual(['edited-by-person', 'changed']);
    expect(await runGit(directory, ['rev-parse', 'orchestrator/readme-generator'])).toBe(commit);
  });

  it('stops before anything runs when there is no token, and names what to set', async () => {
    const config = await person.write('config/night.json', {
      tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all'}],
      settings: {deliver: 'pull-request'},
    });
    const {exitCode, stderr} = await person.start(['--config', config]);
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      `config/night.json:10:16 settings.deliver — pull requests on ${forge.host.host} need a token; set FORGE_TOKEN, or deliver as "branch" (--deliver branch)\n`,
    );
    expect(server.requestCount).toBe(0);
  });

  it('opens no more in an hour than it may, and the rest later without paying again', async () => {
    expect(await night({}, {pr_per_hour: 1, max_workers: 1})).toMatchObject({exitCode: 1});
    const rows = await person.results();
    expect(rows.map(({outcome}) => outcome)).toEqual(expect.arrayContaining(['changed', 'paced']));
    const later = repo(rows.find(({outcome}) => outcome === 'paced')!.repo);
    expect(later.pulls).toEqual([]);
    expect(await runGit(later.directory, ['for-each-ref', 'refs/heads/orchestrator'])).toBe('');
    const paid = server.requestCount;
    expect(await night({}, {pr_per_hour: 2})).toMatchObject({exitCode: 0});
    expect(server.requestCount).toBe(paid);
    expect(later.pulls).toHaveLength(1);
  });

  it.each([/git-receive-pack$/, /merge_requests$/])(
    'killed when %s was done, it resumes to one pull request',
    async at => {
      await writeFleet({repositories: [{name: 'api', path: '~/code/api', url: `${forge.url}/acme/api.git`}]});
      const config = await person.write('config/night.json', {
        tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all'}],
        settings: {deliver: 'pull-request', labels: ['docs']},
      });
      const env = {...person.env, FORGE_TOKEN: forge.token};
      const done = new Promise<void>(resolve => {
        forge.fault(({method, path: place}) => method === 'POST' && at.test(place), {
          stall: true,
          done: true,
          onDone: resolve,
        });
      });
      const child = spawn(process.execPath, [bin, '--config', config], {cwd: person.work, env, stdio: 'ignore'});
      await done;
      child.kill('SIGKILL');
      await once(child, 'close');
      const paid = server.requestCount;
      expect(await person.start(['resume'], {env})).toMatchObject({exitCode: 0});
      expect(await person.results()).toMatchObject([{outcome: 'changed', delivered: {kind: 'pull-request'}}]);
      expect(server.requestCount).toBe(paid);
      expect(repo('api').pulls).toMatchObject([{state: 'open', labels: ['docs']}]);
      expect(await runGit(repo('api').directory, ['rev-list', '--count', 'main..orchestrator/readme-generator'])).toBe(
        '1',
      );
    },
  );

  it('says in the plan what would leave the machine, and lets nothing leave', async () => {
    const config = await person.write('config/night.json', {
      tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all'}],
      settings: {deliver: 'pull-request'},
    });
    const {exitCode, stdout} = await person.start(['--config', config, '--dry-run'], {env: {FORGE_TOKEN: forge.token}});
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`${forge.host.host}/acme/api`);
    expect(forge.requests).toEqual([]);
  });
});
