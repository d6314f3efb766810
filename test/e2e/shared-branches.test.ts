import {execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {invitePerson, type Person} from '../support/person.ts';

const run = ['run', '-c', 'config/tasks.json'];
const branch = 'orchestrator/readme-generator';

function git(at: string, ...args: string[]): string {
  return execFileSync('git', ['-C', at, '-c', 'user.name=P', '-c', 'user.email=p@e', ...args], {
    encoding: 'utf8',
  }).trim();
}

async function plan(person: Person, repositories: object[], settings: object): Promise<void> {
  await person.write('config/repos.json', {repositories});
  await person.write('config/tasks.json', {
    tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all'}],
    settings: {model: 'offline', fleet: 'repos.json', ...settings},
  });
}

/** The repo `api`, and a second worktree of it with one commit more. */
async function ownWorktrees(person: Person): Promise<string> {
  await person.own(['api']);
  const repo = path.join(person.home, 'code/api');
  const tree = path.join(person.home, 'code/next');
  git(repo, 'worktree', 'add', '-q', '-b', 'next', tree);
  writeFileSync(path.join(tree, 'next.py'), 'print("next")\n');
  git(tree, 'add', '.');
  git(tree, 'commit', '-q', '-m', 'Next');
  return repo;
}

const both = [
  {name: 'api', path: '~/code/api'},
  {name: 'next', path: '~/code/next'},
];

it.each([true, false])('two worktrees of one repo do not replace each other, parallel %s', async parallel => {
  await using person = await invitePerson();
  const repo = await ownWorktrees(person);
  await plan(person, both, {deliver: 'branch', parallel});
  const planned = await person.call([...run, '--dry-run', '--json']);
  const verdicts = (JSON.parse(planned.stdout) as {jobs: {verdict: string}[]}).jobs.map(({verdict}) => verdict);
  expect(verdicts).toEqual(['run', 'branch-shared']);

  expect((await person.call(run)).exitCode).toBe(1);
  const outcomes = async () => (await person.results()).map(({repo: name, outcome}) => [name, outcome]);
  expect(await outcomes()).toEqual([
    ['api', 'changed'],
    ['next', 'branch-shared'],
  ]);
  expect((await person.results())[1]?.message).toBe(
    'The branch of this job is that of "api": both are one repository.',
  );
  expect(git(repo, 'rev-parse', `${branch}^`)).toBe(git(repo, 'rev-parse', 'main'));
  await person.call(['retry', '--all']);
  expect(await outcomes()).toContainEqual(['next', 'branch-shared']);
  expect(git(repo, 'rev-parse', `${branch}^`)).toBe(git(repo, 'rev-parse', 'main'));
});

it('neither do two clones of one remote', async () => {
  await using person = await invitePerson();
  await person.own(['api', 'copy']);
  const remote = path.join(person.directory, 'remote.git');
  execFileSync('git', ['clone', '-q', '--bare', path.join(person.home, 'code/api'), remote]);
  git(path.join(person.home, 'code/copy'), 'commit', '-q', '--allow-empty', '-m', 'ahead');
  const repositories = ['api', 'copy'].map(name => ({name, path: `~/code/${name}`, url: remote}));
  await plan(person, repositories, {deliver: 'branch', push: true});
  await person.call(run);
  expect((await person.results()).map(({outcome}) => outcome)).toEqual(['changed', 'branch-shared']);
  await plan(person, repositories, {deliver: 'branch'});
  await person.call([...run, '--force']);
  expect((await person.results()).map(({outcome}) => outcome)).not.toContain('branch-shared');
});

it('nor do accepted patches that are delivered as branches, together or one after the other', async () => {
  await using person = await invitePerson();
  const repo = await ownWorktrees(person);
  await plan(person, both, {deliver: 'patch'});
  await person.call(run);
  await person.call(['accept', '--all', '--yes']);
  const deliver = async (...args: string[]) => await person.call(['deliver', ...args, '--deliver', 'branch', '--yes']);
  const first = await deliver();
  expect(first.exitCode).toBe(1);
  expect(first.stdout).toMatch(/✓ readme-generator\/api .*\n✗ readme-generator\/next {2}branch-shared: /);
  const tip = git(repo, 'rev-parse', branch);
  expect((await deliver('next')).stdout).toContain('branch-shared: ');
  expect(git(repo, 'rev-parse', branch)).toBe(tip);
  // Into the files of its own worktree it can go.
  expect((await person.call(['deliver', 'next'])).exitCode).toBe(0);
});
