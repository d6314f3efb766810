import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {startMemoryForge} from '../../src/testing/memory-forge.ts';
import {killDeliveries} from '../support/kill-deliver.ts';
import {invitePerson, type Person} from '../support/person.ts';

interface ListedChange {
  readonly change: string;
  readonly repo: string;
  readonly state: string;
  readonly patch_id: string;
  readonly findings: readonly {rule: string; path: string}[];
}

/** A person whose night over these repos is over: `offline` writes READMEs, kept as patches. */
async function afterTheNight(repos: readonly string[], task: Record<string, unknown> = {}): Promise<Person> {
  const person = await invitePerson();
  await person.own(repos);
  await writeTasks(person, task);
  await person.call(['--config', 'config/tasks.json']);
  return person;
}

async function writeTasks(person: Person, task: Record<string, unknown>): Promise<void> {
  await person.write('config/tasks.json', {
    tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all', deliver: 'patch', ...task}],
    settings: {model: 'offline', fleet: 'repos.json'},
  });
}

async function listed(person: Person, ...args: string[]): Promise<ListedChange[]> {
  const {stdout} = await person.call(['review', '--json', ...args]);
  return JSON.parse(stdout) as ListedChange[];
}

async function states(person: Person): Promise<Record<string, string>> {
  return Object.fromEntries((await listed(person, '--all')).map(({repo, state}) => [repo, state]));
}

function repoPath(person: Person, repo: string): string {
  return path.join(person.home, 'code', repo);
}

function git(person: Person, repo: string, ...args: string[]): string {
  return execFileSync('git', ['-C', repoPath(person, repo), '-c', 'user.name=P', '-c', 'user.email=p@e', ...args], {
    encoding: 'utf8',
  });
}

describe('the morning', () => {
  it('decides, delivers, and is not asked about the same things the next day', async () => {
    await using person = await afterTheNight(['api', 'web', 'ops', 'lab']);
    expect(existsSync(path.join(repoPath(person, 'api'), 'README.md'))).toBe(false);
    expect((await person.call(['review', '--check'])).exitCode).toBe(1);
    expect((await person.call(['status'])).stdout).toContain('changes  to review: 4');
    expect((await person.call(['report'])).stdout).toContain(
      'orchestrator review    shows what waits for a person (4)',
    );

    expect((await person.call(['accept', 'api', 'readme-generator/web'])).exitCode).toBe(0);
    const said = await person.call(['reject', 'ops', '--why', 'style', '--text', 'too long']);
    expect(said).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^rejected {2}readme-generator\/ops {2}\+\d+ −0 in 1 file\n$/),
    });
    expect(await states(person)).toEqual({api: 'to-deliver', web: 'to-deliver', ops: 'rejected', lab: 'to-review'});
    expect(existsSync(path.join(repoPath(person, 'api'), 'README.md'))).toBe(false);

    const planned = await person.call(['deliver', '--dry-run']);
    expect(planned.stdout).toMatch(/would deliver {2}readme-generator\/api .* → files/);
    expect(existsSync(path.join(repoPath(person, 'api'), 'README.md'))).toBe(false);
    expect((await person.call(['deliver', 'api'])).exitCode).toBe(0);
    const branch = await person.call(['deliver', '--deliver', 'branch', '--yes', '--json']);
    expect(JSON.parse(branch.stdout)).toMatchObject([
      {repo: 'web', result: 'delivered', delivered: {kind: 'branch', branch: 'orchestrator/readme-generator'}},
    ]);
    expect(readFileSync(path.join(repoPath(person, 'api'), 'README.md'), 'utf8')).toContain('# api');
    expect(git(person, 'web', 'show', 'orchestrator/readme-generator:README.md')).toContain('# web');
    expect(existsSync(path.join(repoPath(person, 'web'), 'README.md'))).toBe(false);
    expect(await states(person)).toEqual({api: 'delivered', web: 'delivered', ops: 'rejected', lab: 'to-review'});
    expect((await person.call(['deliver'])).stderr).toContain('nothing is accepted; 1 to review');

    const again = await person.call(['--config', 'config/tasks.json', '--force']);
    expect(again.stdout).toMatch(
      /readme-generator\/ops unchanged: the same change was rejected on \d{4}-\d\d-\d\d \(style\)/,
    );
    expect((await listed(person)).map(({repo}) => repo)).not.toContain('ops');
  });

  it('takes a decision back', async () => {
    await using person = await afterTheNight(['api']);
    await person.call(['reject', 'api']);
    expect((await person.call(['accept', 'api'])).exitCode).toBe(0);
    expect(await states(person)).toEqual({api: 'to-deliver'});
    expect((await person.call(['reject', 'api'])).exitCode).toBe(0);
    expect(await states(person)).toEqual({api: 'rejected'});
  });

  it('asks before a pattern means many, and leaves what has findings to be looked at', async () => {
    await using person = await afterTheNight(['api', 'web'], {deny: ['README.md']});
    for (const args of [['reject', '*'], ['accept'], ['accept', 'nobody'], ['reject', 'api', '--why', 'bad']]) {
      expect([args, (await person.call(args)).exitCode]).toEqual([args, 2]);
    }
    const all = await person.call(['accept', '--all', '--yes']);
    expect(all).toMatchObject({exitCode: 0, stderr: expect.stringContaining('2 changes with findings are left')});
    expect(await states(person)).toEqual({api: 'to-review', web: 'to-review'});
    expect((await person.call(['accept', '--all', '--flagged', '--yes'])).exitCode).toBe(0);
    expect(await states(person)).toEqual({api: 'to-deliver', web: 'to-deliver'});
  });
});

describe('what the policy holds', () => {
  it('is kept, shown with the reason, delivered once a person accepts it, and not held again', async () => {
    await using person = await afterTheNight(['api'], {deny: ['README.md'], deliver: 'files'});
    expect((await person.results())[0]).toMatchObject({status: 'error', outcome: 'held-for-review'});
    expect((await listed(person))[0]?.findings).toMatchObject([{rule: 'path-not-allowed', path: 'README.md'}]);
    expect((await person.call(['review'])).stdout).toContain('path-not-allowed README.md');
    expect(existsSync(path.join(repoPath(person, 'api'), 'README.md'))).toBe(false);
    await person.call(['accept', 'api']);
    expect((await person.call(['deliver'])).exitCode).toBe(0);
    expect(readFileSync(path.join(repoPath(person, 'api'), 'README.md'), 'utf8')).toContain('# api');
    expect((await person.call(['--config', 'config/tasks.json'])).exitCode).toBe(0);
    expect(await listed(person)).toEqual([]);
  });
});

describe('deliver', () => {
  it('delivers what it can, and says of the rest why not and what to do', async () => {
    await using person = await afterTheNight(['api', 'web', 'ops']);
    expect((await person.call(['accept', '--all'])).exitCode).toBe(2);
    await person.call(['accept', '--all', '--yes']);
    writeFileSync(path.join(repoPath(person, 'api'), 'README.md'), '# mine\n');
    git(person, 'api', 'add', '.');
    git(person, 'api', 'commit', '-qm', 'mine');
    writeFileSync(path.join(repoPath(person, 'web'), 'README.md'), '# being written\n');
    const {exitCode, stdout, stderr} = await person.call(['deliver']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✗ readme-generator\/api {2}change-outdated: "README\.md" was committed anew/);
    expect(stdout).toMatch(/✗ readme-generator\/web {2}uncommitted-changes: /);
    expect(stdout).toMatch(/✓ readme-generator\/ops .* → files/);
    expect(stderr).toContain('change-outdated: Run its task again');
    expect(stderr).toContain('uncommitted-changes: Commit or stash them, then: orchestrator deliver\n');
    expect(stderr).not.toContain('retry');
    expect(readFileSync(path.join(repoPath(person, 'api'), 'README.md'), 'utf8')).toBe('# mine\n');
    expect(readFileSync(path.join(repoPath(person, 'web'), 'README.md'), 'utf8')).toBe('# being written\n');
    expect(await states(person)).toEqual({api: 'to-deliver', web: 'to-deliver', ops: 'delivered'});
  });

  it('does not let one accepted change replace another in silence', async () => {
    await using person = await invitePerson();
    await person.own(['api']);
    await person.write('config/tasks.json', {
      tasks: ['readme-generator', 'repo-summarizer'].map(skill => ({
        name: skill,
        skill,
        group: 'all',
        output: 'NOTES.md',
      })),
      settings: {model: 'offline', fleet: 'repos.json', deliver: 'patch'},
    });
    await person.call(['--config', 'config/tasks.json']);
    await person.call(['accept', '--all', '--yes']);
    const {exitCode, stdout} = await person.call(['deliver']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /✓ readme-generator\/api .*\n✗ repo-summarizer\/api {2}change-outdated: "NOTES\.md" holds the change of "readme-generator"/,
    );
    expect((await listed(person, '--all')).map(({state}) => state).sort()).toEqual(['delivered', 'to-deliver']);
  });

  it('asks nobody but for --yes before a change leaves the files of this machine', async () => {
    await using person = await afterTheNight(['api']);
    await person.call(['accept', 'api']);
    const said = await person.call(['deliver', '--deliver', 'branch']);
    expect(said).toMatchObject({exitCode: 2, stderr: expect.stringContaining('add --yes')});
    expect((await person.call(['deliver', '--deliver', 'patch'])).exitCode).toBe(2);
    expect(git(person, 'api', 'for-each-ref').trim().split('\n')).toHaveLength(1);
  });

  it('makes a branch where a bare repository has no files to deliver into', async () => {
    await using person = await invitePerson();
    await person.own(['api']);
    execFileSync('git', ['clone', '-q', '--bare', repoPath(person, 'api'), repoPath(person, 'bare.git')]);
    await person.write('config/repos.json', {repositories: [{name: 'bare', path: '~/code/bare.git'}]});
    await writeTasks(person, {});
    await person.call(['--config', 'config/tasks.json']);
    await person.call(['accept', 'bare']);
    expect((await person.call(['deliver', '--deliver', 'files'])).stdout).toContain('no-work-tree');
    expect((await person.call(['deliver'])).stdout).toMatch(
      /✓ readme-generator\/bare .* → branch orchestrator\/readme-generator/,
    );
  });

  it('opens one pull request for what was accepted', async () => {
    await using person = await invitePerson();
    await person.own(['api']);
    const directory = path.join(person.directory, 'forge');
    mkdirSync(directory);
    await using forge = await startMemoryForge({kind: 'github', directory});
    const remote = await forge.addRepo('acme/api');
    git(person, 'api', 'push', '-q', remote.directory, 'HEAD:refs/heads/main');
    const {host, apiUrl} = forge.host;
    await person.write('config/repos.json', {
      forges: [{host, kind: 'github', api_url: apiUrl, token_env: 'FORGE_TOKEN'}],
      repositories: [{name: 'api', path: '~/code/api', url: `${forge.url}/acme/api.git`}],
    });
    await writeTasks(person, {});
    const env = {FORGE_TOKEN: forge.token};
    await person.start(['--config', 'config/tasks.json'], {env});
    await person.call(['accept', 'api']);
    expect((await person.start(['deliver', '--deliver', 'pull-request'], {env})).exitCode).toBe(2);
    const said = await person.start(['deliver', '--deliver', 'pull-request', '--yes', '--json'], {env});
    expect(said).toMatchObject({exitCode: 0, stderr: ''});
    expect(JSON.parse(said.stdout)).toMatchObject([
      {repo: 'api', result: 'delivered', delivered: {kind: 'pull-request', url: expect.stringContaining('/acme/api/')}},
    ]);
    expect(forge.store.find('acme/api')!.pulls).toHaveLength(1);
    expect(await states(person)).toEqual({api: 'delivered'});
  });

  it('ends, killed anywhere and started again, as an undisturbed one', async () => {
    await using person = await afterTheNight(['api', 'web']);
    await person.call(['accept', '--all', '--yes']);
    const files = await killDeliveries(person, [], operations => points(operations, 5));
    expect(files.problems).toEqual([]);
    expect(files.killed).toBeGreaterThan(2);
  });
});

function points(operations: number, count: number): {at: number; mode: 'before' | 'torn' | 'after'}[] {
  const modes = ['before', 'torn', 'after'] as const;
  return Array.from({length: count}, (_, index) => ({
    at: 1 + Math.floor(((index + 0.5) * operations) / count),
    mode: modes[index % 3]!,
  }));
}

describe('diff', () => {
  it('gives a patch that git applies, the same bytes with --raw, and names what it takes', async () => {
    await using person = await afterTheNight(['api', 'web']);
    const shown = await person.call(['diff', 'api']);
    const raw = await person.call(['diff', 'readme-generator/api', '--raw']);
    expect(shown.stdout).toBe(raw.stdout);
    const applied = spawnSync('git', ['-C', repoPath(person, 'api'), 'apply', '-'], {
      input: raw.stdout,
      encoding: 'utf8',
    });
    expect(applied.stderr).toBe('');
    expect(readFileSync(path.join(repoPath(person, 'api'), 'README.md'), 'utf8')).toContain('# api');

    const [change] = await listed(person);
    const run = change!.change.split('/')[0]!;
    expect((await person.call(['diff', '--name-only'])).stdout).toBe('api:README.md\nweb:README.md\n');
    expect((await person.call(['diff', run, '--stat'])).stdout).toMatch(
      /^# r-.*\/readme-generator\/api .*\n \+\d+ −0 {2}README\.md\n# /,
    );
    expect((await person.call(['diff', `${run}/web`, '--name-only'])).stdout).toBe('README.md\n');
    expect((await person.call(['diff', '?eb', '--name-only'])).stdout).toBe('README.md\n');
    expect((await person.call(['diff', change!.patch_id.slice(0, 12), '--name-only'])).stdout).toBe('README.md\n');
    expect((await person.call(['diff', '--raw'])).exitCode).toBe(2);
    expect((await person.call(['diff', 'wep'])).stderr).toContain('did you mean "web"?');
    const json = JSON.parse((await person.call(['diff', 'api', '--json', '--content'])).stdout) as {patch: string}[];
    expect(json[0]?.patch).toBe(raw.stdout);
    expect(JSON.parse((await person.call(['diff', 'api', '--json'])).stdout)[0]).not.toHaveProperty('patch');
  });
});

it('answers before the first run, as JSON too', async () => {
  await using person = await invitePerson();
  for (const command of ['review', 'diff', 'deliver', 'failures']) {
    expect([command, (await person.call([command])).exitCode]).toEqual([command, 0]);
    expect(JSON.parse((await person.call([command, '--json'])).stdout)).toEqual([]);
  }
  expect((await person.call(['accept', '--all', '--json'])).stdout).toBe('[]\n');
  expect((await person.call(['accept', 'api'])).exitCode).toBe(2);
  expect((await person.call(['review', 'r-1'])).exitCode).toBe(2);
  expect(existsSync(person.state)).toBe(false);
});

it('groups failures by cause, with what to do', async () => {
  await using person = await afterTheNight(['api', 'web', 'ops'], {deliver: 'files', output: 'NOTES.md'});
  for (const repo of ['api', 'web']) writeFileSync(path.join(repoPath(person, repo), 'README.md'), 'mine\n');
  await writeTasks(person, {deliver: 'files'});
  expect((await person.call(['--config', 'config/tasks.json'])).exitCode).toBe(1);
  const {stdout} = await person.call(['failures']);
  expect(stdout).toMatch(
    /^CAUSE +REPOS +RETRY HELPS +FOR EXAMPLE +WHAT TO DO\nuncommitted-changes +2 +after a fix +readme-generator\/api +Commit or stash/,
  );
  expect(stdout).toMatch(/Once mended: orchestrator retry r-/);
  expect(JSON.parse((await person.call(['failures', '--json'])).stdout)).toMatchObject([
    {reason: 'uncommitted-changes', retry_helps: 'after-fix', jobs: ['readme-generator/api', 'readme-generator/web']},
  ]);
});
