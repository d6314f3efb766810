import {readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeRepo, runGit} from '../../src/testing/temporary-fleet.ts';
import {invitePerson} from '../support/person.ts';

const files = {'package.json': '{"name": "api", "description": "The API of everything."}\n'};
const branch = 'orchestrator/readme-generator';
const task = {name: 'READMEs', skill: 'readme-generator', group: 'all'};

async function openRig(settings: Record<string, unknown>) {
  const person = await invitePerson({GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.com'});
  const remote = await makeRepo(path.join(person.directory, 'remote.git'), {files, bare: true});
  await runGit(person.directory, ['clone', '-q', remote.path, 'api']);
  const api = path.join(person.directory, 'api');
  await person.write('config/repos.json', {
    repositories: [
      {name: 'api', path: api, url: remote.path},
      {name: 'far', url: `file://${remote.path}`},
    ],
  });
  await person.write('config/tasks.json', {
    tasks: [task],
    settings: {model: 'offline', fleet: 'repos.json', ...settings},
  });
  return {
    ...person,
    remote,
    api,
    run: (...args: string[]) => person.call(['run', '--config', 'config/tasks.json', ...args]),
    [Symbol.asyncDispose]: () => person[Symbol.asyncDispose](),
  };
}

it('pushes branches when the settings say so, of a repo without a path too, and only once', async () => {
  await using rig = await openRig({deliver: 'branch', push: true, parallel: false});
  expect((await rig.run()).exitCode).toBe(0);
  const tip = await rig.remote.git('rev-parse', branch);
  expect(await rig.remote.git('log', '-1', '--format=%an <%ae>', branch)).toBe('Ann <ann@example.com>');
  expect(await runGit(rig.api, ['rev-parse', branch])).toBe(tip);
  expect((await rig.results()).map(({repo, outcome, delivered}) => [repo, outcome, delivered?.branch])).toEqual([
    ['api', 'changed', branch],
    // The same repo by another way: the very same commit.
    ['far', 'changed', branch],
  ]);
  expect((await rig.run()).exitCode).toBe(0);
  expect((await rig.results()).map(({outcome}) => outcome)).toEqual(['up-to-date', 'up-to-date']);
});

it('keeps a branch here without push, and one that a person changed as it is', async () => {
  await using rig = await openRig({deliver: 'branch', exclude: ['far']});
  expect((await rig.run()).exitCode).toBe(0);
  expect(await rig.remote.git('for-each-ref', '--format=%(refname:short)')).toBe('main');
  await runGit(rig.api, ['checkout', '-q', branch]);
  await runGit(rig.api, ['commit', '-q', '--amend', '-m', 'Mine']);
  await runGit(rig.api, ['checkout', '-q', 'main']);
  const mine = await runGit(rig.api, ['rev-parse', branch]);
  const said = await rig.run('--force');
  expect(said.exitCode).toBe(1);
  expect((await rig.results())[0]).toMatchObject({status: 'error', outcome: 'edited-by-person'});
  expect(await runGit(rig.api, ['rev-parse', branch])).toBe(mine);
});

it('keeps patches for the eyes of the operator, and writes the same one again', async () => {
  await using rig = await openRig({deliver: 'patch'});
  expect((await rig.run()).exitCode).toBe(0);
  const rows = await rig.results();
  for (const row of rows) {
    const file = row.delivered!.path!;
    expect(file).toBe(
      path.join(
        rig.state,
        'runs',
        row.run,
        'patches',
        `readme-generator-${row.repo}-${path.basename(file).slice(-22)}`,
      ),
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toContain('+++ b/README.md');
  }
  await runGit(rig.api, ['apply', rows[0]!.delivered!.path!]);
  expect(await runGit(rig.api, ['status', '--porcelain'])).toBe('?? README.md');
});
