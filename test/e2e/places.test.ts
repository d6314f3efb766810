import {readdirSync, readFileSync, statSync} from 'node:fs';
import path from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {makeRepo} from '../../src/testing/temporary-fleet.ts';
import {invitePerson, type Person} from '../support/person.ts';

let person: Person;
beforeEach(async () => {
  person = await invitePerson();
});
afterEach(() => person[Symbol.asyncDispose]());

it('what is made in the state folder is for its owner alone', async () => {
  await person.own(['api']);
  const log = path.join(person.state, 'logs/night.log');
  expect((await person.start(['-s', 'journal', '--model', 'offline', '--log-file', log])).exitCode).toBe(0);
  const folders = readdirSync(person.state, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isDirectory())
    .map(({parentPath, name}) => path.join(parentPath, name));
  expect(folders.map(folder => path.basename(folder))).toEqual(expect.arrayContaining(['runs', 'logs']));
  for (const folder of [person.state, ...folders])
    expect(`${path.relative(person.home, folder)} ${(statSync(folder).mode & 0o777).toString(8)}`).toMatch(/ 700$/);
});

it.each(['$HOME/x.md', '~/x.md', '/x.md'])('an output %s leads out of the repo and is refused', async output => {
  await person.own(['api']);
  const flag = await person.call(['-s', 'journal', '--model', 'offline', '--output', output]);
  expect(flag.exitCode).toBe(2);
  expect(flag.stderr).toMatch(/^orchestrator: --output — expected a path inside the repo/);
  await person.write(
    'skills/mine/SKILL.md',
    `---\nname: mine\ndescription: x\nmetadata:\n  output: "${output}"\n---\nWrite.\n`,
  );
  const skill = await person.call(['-s', 'mine', '--model', 'offline']);
  expect(skill.stderr).toContain('is not a path inside the repo');
});

it('list skills shows the file that a skill writes when it names none, and refuses a folder that is not there', async () => {
  await person.write('skills/licence-notes/SKILL.md', '---\nname: licence-notes\ndescription: x\n---\nWrite.\n');
  expect((await person.call(['list', 'skills'])).stdout).toMatch(/^licence-notes +LICENCE_NOTES\.md /m);
  expect(await person.call(['list', 'skills', '--skills-dir', 'nodir'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^orchestrator: --skills-dir — the folder ".*nodir" does not exist\n$/),
  });
});

it('init writes no path of this machine into what may be shared', async () => {
  await makeRepo(path.join(person.home, 'code/api'), {files: {'a.txt': 'x'}});
  const {exitCode, stdout} = await person.call(['init', '--directory', '~/code', '--yes']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('(1 repo)');
  for (const name of ['repos', 'tasks']) {
    const text = readFileSync(path.join(person.work, `config/${name}.json`), 'utf8');
    expect(text).not.toContain(path.resolve(import.meta.dirname, '../..'));
    expect(text).toContain(`orchestrator schema ${name} > config/${name}.schema.json`);
  }
  expect((await person.call(['plan', '-c', 'config/tasks.json'])).exitCode).toBe(0);
});

it('a status that is followed says when there is no run, and that a run is paused', async () => {
  await person.own(['api']);
  await person.call(['-s', 'journal', '--model', 'offline']);
  await person.call(['gc', '--keep', '0d']);
  expect((await person.call(['status', '--watch'])).stdout).not.toBe('');
});
