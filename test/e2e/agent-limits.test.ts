import {mkdir, symlink} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeFleet} from '../../src/testing/temporary-fleet.ts';
import {runCommand} from '../../src/util/run-command.ts';
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

it('a row says when an agent had no sandbox for commands', async () => {
  const folder = path.join(person.directory, 'bin');
  await mkdir(folder);
  for (const program of ['git', 'node', 'rm']) {
    const found = program === 'node' ? process.execPath : await whereIs(program);
    await symlink(found, path.join(folder, program));
  }
  server.reply(writes);
  await person.start(await configure({}), {env: {PATH: folder}});
  expect((await person.results())[0]).toMatchObject({outcome: 'changed', sandbox: 'none'});
});

it('a plan says what a whole job of an agent may cost, and which files it may write', async () => {
  await person.write('skills/tidy/SKILL.md', '---\nname: tidy\ndescription: Tidies up.\n---\nTidy up.\n');
  await person.write('config/tasks.json', {
    tasks: [
      {name: 'A', skill: 'tidy', repos: ['~/code/api'], mode: 'agent'},
      {name: 'B', skill: 'readme-generator', repos: ['~/code/api'], mode: 'agent', job_budget_usd: 0.5},
      {name: 'C', skill: 'repo-summarizer', repos: ['~/code/api'], mode: 'agent', agent: {command: ['some-agent']}},
    ],
    settings: {model: 'anthropic/claude-sonnet-5-5', skills: ['../skills']},
  });
  const text = (await person.call(['--config', 'config/tasks.json', '--dry-run'])).stdout;
  expect(text).toMatch(/tidy\/api .* → what its skill changes\n/);
  expect(text).toMatch(/readme-generator\/api .* → README\.md, and what else its skill changes\n/);
  expect(text).toMatch(/repo-summarizer\/api {2}the agent some-agent, with a model of its own/);
  expect(text).toMatch(/Will write: in the work tree of 3 repos what an agent or a script changes there/);
  expect(text).not.toContain('nothing else');
  const {jobs} = JSON.parse((await person.call(['--config', 'config/tasks.json', '--dry-run', '--json'])).stdout);
  const [tidy, readme, other] = jobs.map(({cost_usd, output_file}: {cost_usd: object; output_file: unknown}) => ({
    ...cost_usd,
    output_file,
  }));
  expect(tidy).toMatchObject({basis: expect.stringContaining('all 40'), output_file: null});
  expect(tidy.high).toBeGreaterThan(5);
  expect(tidy.low).toBeLessThan(0.1);
  expect(readme).toMatchObject({high: 0.5, output_file: 'README.md'});
  expect(other).toMatchObject({low: null, high: null});
});

it('a plan goes by what jobs of the same skill have cost', async () => {
  server.reply(({turns}) =>
    turns < 2
      ? {
          text: '',
          toolCalls: [{name: 'list_files', input: {path: '.', pattern: `*${turns}`}}],
          tokens: {input: 10_000, output: 100},
        }
      : {...writes(), tokens: {input: 10_000, output: 100}},
  );
  const args = [...(await configure({max_turns: 12})), '--force'];
  for (let night = 0; night < 5; night++) await person.call(args);
  const [row] = await person.results();
  const plan = await person.call([...args, '--dry-run', '--json']);
  const {low, high, basis} = JSON.parse(plan.stdout).jobs[0].cost_usd;
  expect(basis).toBe('p10–p90 of 5 past jobs of readme-generator with an agent');
  expect(low).toBeCloseTo(row!.cost_usd!, 2);
  expect(high).toBeCloseTo(row!.cost_usd!, 2);
});

async function whereIs(program: string): Promise<string> {
  const {stdout} = await runCommand('which', [program], {env: {PATH: process.env['PATH']}});
  return stdout.toString().trim();
}
