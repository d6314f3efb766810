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

it('an MCP server that cannot be used fails the jobs that need it, and no others; the plan says so', async () => {
  server.reply(({tools}) => (tools.length === 0 ? wholeFile('api') : writes()));
  const narrow = 'name: narrow\ndescription: Writes notes.\nallowed-tools: Write\nmetadata:\n  output: NOTES.md';
  await person.write('skills/narrow/SKILL.md', `---\n${narrow}\n---\nWrite the notes.\n`);
  await person.write('config/tasks.json', {
    tasks: [
      {name: 'Simple', skill: 'readme-generator', repos: ['~/code/api'], mode: 'simple'},
      {name: 'Agent', skill: 'repo-summarizer', repos: ['~/code/api'], mode: 'agent'},
      {name: 'Without', skill: 'narrow', repos: ['~/code/api'], mode: 'agent', max_turns: 1},
    ],
    settings: {
      model: 'anthropic/claude-sonnet-5-5',
      mcp: {tickets: {command: ['false']}},
      skills: ['../skills'],
      parallel: false,
    },
  });
  const plan = await person.start(['--config', 'config/tasks.json', '--dry-run']);
  expect(plan.stdout).toMatch(/✗ repo-summarizer\/api {2}mcp-unavailable: the MCP server "tickets" cannot be used/);
  expect(plan.stdout).toContain('2 run · 0 up to date · 1 will fail');
  const said = await person.start(['--config', 'config/tasks.json']);
  expect(said.exitCode).toBe(1);
  expect(said.stdout).toContain('WARN');
  expect((await person.results()).map(({outcome}) => outcome)).toEqual(['changed', 'mcp-unavailable', 'turn-limit']);
});
