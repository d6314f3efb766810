import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {borrowObjects} from '../../src/testing/temporary-fleet.ts';
import {invitePerson, type Person} from '../support/person.ts';

let person: Person;
beforeEach(async () => {
  person = await invitePerson();
  await person.own(['api', 'web']);
});
afterEach(() => person[Symbol.asyncDispose]());

const journal = ['--skill', 'journal', '--model', 'offline'];

describe('a machine on which something is missing', () => {
  it('without git reads what needs none, and says what to install in every row that does', async () => {
    await mkdir(path.join(person.directory, 'no-programs'));
    const env = {PATH: path.join(person.directory, 'no-programs')};
    expect((await person.start(journal, {env})).exitCode).toBe(0);
    for (const repo of ['api', 'web']) await borrowObjects(path.join(person.home, 'code', repo));
    expect((await person.start([...journal, '--force'], {env})).exitCode).toBe(1);
    for (const row of await person.results()) {
      expect(row).toMatchObject({status: 'error', message: 'git cannot be started'});
      expect(row.next).toMatch(/^install git .*, then: orchestrator retry$/);
    }
  });

  it.each([
    ['--log-file', '/dev/null/x.log', 'choose another --log-file'],
    ['--log-file', '/tmp', 'choose another --log-file'],
    ['--results-dir', '/dev/null', 'choose another --results-dir'],
    ['--results-dir', '/dev/null/x', 'choose another --results-dir'],
  ])('%s %s cannot be written: one line that names it, exit 2, nothing run', async (flag, value, hint) => {
    const {exitCode, stdout, stderr} = await person.start([...journal, flag, value]);
    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''});
    expect(stderr).toMatch(new RegExp(`^orchestrator: ${value} .*; ${hint}\n$`));
  });

  it('a state folder that is a file: one line that names it, exit 2', async () => {
    const {exitCode, stderr} = await person.start(journal, {env: {ORCHESTRATOR_HOME: '/dev/null'}});
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^orchestrator: \/dev\/null .*ORCHESTRATOR_HOME.*\n$/);
  });

  it.each([
    [{ANTHROPIC_API_KEY: 'two words'}, 'ANTHROPIC_API_KEY holds'],
    [{ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'nonsense'}, 'is not an http or https URL'],
    [{ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'file:///etc/passwd'}, 'is not an http or https URL'],
  ])('an environment of %j is refused before anything runs', async (env, words) => {
    const {exitCode, stdout, stderr} = await person.call(['--skill', 'journal', '--model', 'anthropic/x'], {env});
    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''});
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('two words');
  });

  it('an empty HOME is that of the user, as it is without one', async () => {
    const env = {HOME: '', ORCHESTRATOR_HOME: person.state};
    const repo = path.join(person.home, 'code/api');
    const results = path.join(person.directory, 'results');
    const said = await person.start([...journal, '--repos', repo, '--results-dir', results], {env});
    expect(said).toMatchObject({exitCode: 0, stderr: ''});
  });
});
