import path from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeFleet} from '../../src/testing/temporary-fleet.ts';
import {anthropicAt, invitePerson, type Person, wholeFile} from '../support/person.ts';
import {noSandbox} from '../support/sandbox-rig.ts';

let server: ScriptedModelServer;
let person: Person;

beforeEach(async () => {
  server = await startScriptedModelServer();
  person = await invitePerson(anthropicAt(server.url));
  await makeFleet(path.join(person.home, 'code'), {api: {files: {'main.py': 'print("hello")\n'}}});
});

afterEach(async () => {
  await person[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function configure(task: object): Promise<string[]> {
  await person.write('config/tasks.json', {
    tasks: [{name: 'Docs', skill: 'readme-generator', repos: ['~/code/api'], mode: 'agent', ...task}],
    settings: {model: 'anthropic/claude-sonnet-5-5'},
  });
  return ['--config', 'config/tasks.json'];
}

const writes = () => ({
  text: '',
  toolCalls: [
    {name: 'write_file', input: {path: 'README.md', content: wholeFile('api')}},
    {name: 'finish', input: {summary: 'Wrote it.'}},
  ],
});

it('a run ends with its last job, also when the program of another agent is not installed', async () => {
  const before = performance.now();
  const said = await person.start(await configure({agent: {command: ['no-such-agent']}, job_timeout_s: 20}));
  expect(said.exitCode).toBe(1);
  expect((await person.results())[0]).toMatchObject({outcome: 'agent-failed'});
  expect(performance.now() - before).toBeLessThan(10_000);
});

it.skipIf(noSandbox)(
  'the time of a job holds for its verify commands, and what they came to stands in the row',
  async () => {
    server.reply(writes);
    const before = performance.now();
    await person.start(await configure({job_timeout_s: 3, verify: ['true', 'sleep 20']}));
    expect(performance.now() - before).toBeLessThan(12_000);
    expect((await person.results())[0]).toMatchObject({
      outcome: 'time-limit',
      verified: [
        {command: 'true', before: 'passed', after: 'passed'},
        {command: 'sleep 20', before: 'not-run', after: 'not-run'},
      ],
    });
    await person.start(await configure({job_timeout_s: 4, verify: ['test ! -e README.md || sleep 20']}));
    expect((await person.results())[0]).toMatchObject({
      outcome: 'time-limit',
      verified: [{before: 'passed', after: 'timed-out'}],
    });
  },
);
