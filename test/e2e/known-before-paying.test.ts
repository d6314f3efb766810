import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {anthropicAt, invitePerson, type Person, wholeFile} from '../support/person.ts';

const run = ['run', '-c', 'config/tasks.json'];

async function plan(person: Person, settings: object, repo: object = {path: '~/code/api'}): Promise<void> {
  await person.write('config/repos.json', {repositories: [{name: 'api', ...repo}]});
  await person.write('config/tasks.json', {
    tasks: [{name: 'Docs', skill: 'repo-summarizer', group: 'all'}],
    settings: {model: 'anthropic/claude-sonnet-4-5', fleet: 'repos.json', ...settings},
  });
}

async function verdictOf(person: Person): Promise<string> {
  const planned = await person.call([...run, '--dry-run', '--json']);
  expect(planned.exitCode).toBe(0);
  return (JSON.parse(planned.stdout) as {jobs: {verdict: string}[]}).jobs[0]!.verdict;
}

it.each<[reason: string, settings: object, repo: object]>([
  ['remote-unknown', {deliver: 'branch', push: true}, {path: '~/code/api'}],
  ['remote-unsupported', {deliver: 'branch', push: true}, {path: '~/code/api', url: 'http://forge.example/api.git'}],
  ['forge-unknown', {deliver: 'pull-request'}, {path: '~/code/api', url: 'https://forge.example/acme/api.git'}],
  ['no-work-tree', {deliver: 'files'}, {url: 'https://forge.example/acme/api.git'}],
])('%s is said by the plan, and costs nothing', async (reason, settings, repo) => {
  await using server = await startScriptedModelServer({strict: false});
  server.reply(wholeFile('api'));
  await using person = await invitePerson(anthropicAt(server.url));
  await person.own(['api']);
  await plan(person, settings, repo);
  expect(await verdictOf(person)).toBe(reason);
  expect((await person.call([...run, '--dry-run'])).stdout).toContain('0 run · 0 up to date · 1 will fail');
  expect((await person.call(run)).exitCode).toBe(1);
  expect((await person.results())[0]).toMatchObject({outcome: reason});
  expect(server.requestCount).toBe(0);
  expect(existsSync(path.join(person.state, 'mirrors'))).toBe(false);
});

it('a branch that a person works on is seen before the call, here and at the remote', async () => {
  await using server = await startScriptedModelServer({strict: false});
  server.reply(() => wholeFile(`api ${server.requestCount}`));
  await using person = await invitePerson(anthropicAt(server.url));
  await person.own(['api']);
  const repo = path.join(person.home, 'code/api');
  const remote = path.join(person.directory, 'remote.git');
  const git = (at: string, ...args: string[]): string =>
    execFileSync('git', ['-C', at, '-c', 'user.name=P', '-c', 'user.email=p@e', ...args], {encoding: 'utf8'});
  execFileSync('git', ['clone', '-q', '--bare', repo, remote]);
  const branch = 'orchestrator/repo-summarizer';
  await plan(person, {deliver: 'branch', push: true, force: true}, {path: '~/code/api', url: remote});
  expect((await person.call(run)).exitCode).toBe(0);
  expect(server.requestCount).toBe(1);

  const clone = path.join(person.directory, 'clone');
  execFileSync('git', ['clone', '-q', '-b', branch, remote, clone]);
  git(clone, 'commit', '-q', '--allow-empty', '-m', 'mine');
  git(clone, 'push', '-q', 'origin', branch);
  expect((await person.call(run)).stdout).toContain('edited-by-person: ');
  expect(server.requestCount).toBe(1);
  // Nobody else is asked for a plan.
  expect(await verdictOf(person)).toBe('run');

  git(repo, 'fetch', '-q', remote, `+${branch}:${branch}`);
  expect(await verdictOf(person)).toBe('edited-by-person');
  expect((await person.call(run)).exitCode).toBe(1);
  expect(server.requestCount).toBe(1);
});

it('what is not committed is in the plan', async () => {
  await using person = await invitePerson();
  await person.own(['api']);
  await plan(person, {model: 'offline'});
  expect(await verdictOf(person)).toBe('run');
  writeFileSync(path.join(person.home, 'code/api/PROJECT.md'), 'mine\n');
  expect(await verdictOf(person)).toBe('uncommitted-changes');
});

it.each([
  ['long', 2500, 1],
  ['a moment', 500, 2],
])('a file that is saved while a job waits for its turn (%s) stays', async (_name, delayMs, calls) => {
  await using server = await startScriptedModelServer({strict: false});
  await using person = await invitePerson(anthropicAt(server.url));
  await person.own(['api', 'web']);
  const theirs = path.join(person.home, 'code/web/PROJECT.md');
  server.reply(() => {
    // By then the other one has been prepared.
    setTimeout(() => writeFileSync(theirs, 'mine\n'), 200);
    return {text: wholeFile('api'), delayMs};
  });
  await plan(person, {max_workers: 1});
  await person.write('config/repos.json', {
    repositories: ['api', 'web'].map(name => ({name, path: `~/code/${name}`})),
  });
  expect((await person.call(run)).exitCode).toBe(1);
  const outcomes = (await person.results()).map(({repo, outcome}) => [repo, outcome]);
  expect(outcomes).toEqual([
    ['api', 'changed'],
    ['web', 'uncommitted-changes'],
  ]);
  expect(readFileSync(theirs, 'utf8')).toBe('mine\n');
  // What is asked for within two seconds was looked at just before.
  expect(server.requestCount).toBe(calls);
});
