import {existsSync} from 'node:fs';
import {readdir, readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {LLMock} from '@copilotkit/aimock';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {createDemoFleet} from '../../src/cli/demo-fleet.ts';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeFleet} from '../../src/testing/temporary-fleet.ts';
import {localDate} from '../../src/util/local-time.ts';
import {hostileFiles} from '../support/hostile-files.ts';
import {cli, type Night, startCli} from '../support/night-rig.ts';
import {anthropicAt, invitePerson, type Person, repoOf, wholeFile} from '../support/person.ts';

let server: ScriptedModelServer;
let person: Person;

beforeEach(async () => {
  server = await startScriptedModelServer();
  person = await invitePerson(anthropicAt(server.url));
  await makeFleet(path.join(person.home, 'code'), {
    api: {files: {'main.py': 'print("hello")\n', 'src/a.py': 'x = 1\n'}},
  });
  await person.write('config/repos.json', {repositories: [{name: 'api', path: '~/code/api'}]});
});

afterEach(async () => {
  await person[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

it('works through a repo with tools, and the diff is what counts', async () => {
  server.reply(({turns, toolResults}) => {
    if (turns === 0)
      return {
        text: 'I look first.',
        toolCalls: [
          {name: 'list_files', input: {}},
          {name: 'read_file', input: {path: 'main.py'}},
        ],
      };
    if (turns === 1) {
      expect(toolResults.map(({text}) => text)).toEqual(['main.py\nsrc/a.py', 'print("hello")']);
      return {text: '', toolCalls: [{name: 'write_file', input: {path: 'README.md', content: wholeFile('api')}}]};
    }
    return {text: '', toolCalls: [{name: 'finish', input: {summary: 'Wrote the README.'}}]};
  });
  const said = await person.start(['--agent', '--skill', 'readme-generator', '--repo-names', 'api']);
  expect(said.stderr).toBe('');
  expect(said.stdout).toMatch(/job=readme-generator\/api changed README\.md \+\d+ -0 \d\.\d{4} USD/);
  expect(said).toMatchObject({exitCode: 0, stderr: ''});
  const [row] = await person.results();
  expect(row).toMatchObject({status: 'success', outcome: 'changed', mode: 'agent', attempts: 3});
  expect(row?.usage?.requests).toBe(3);
  expect(await readFile(path.join(person.home, 'code/api/README.md'), 'utf8')).toBe(wholeFile('api'));
  // Another night asks nothing.
  const again = await person.start(['--agent', '--skill', 'readme-generator', '--repo-names', 'api']);
  expect(again.stdout).toContain('up-to-date');
  expect(server.requestCount).toBe(3);
  const folder = path.join(person.state, 'runs', row!.run, 'transcripts');
  const [file] = await readdir(folder);
  expect(file).toMatch(/^readme-generator-api-[0-9a-f]{16}\.jsonl$/);
  const lines = (await readFile(path.join(folder, file!), 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(lines.map(({type, turn, tool}) => [type, turn, tool].filter(part => part !== undefined).join(' '))).toEqual([
    'job',
    'system',
    'prompt',
    'reply 1',
    'result 1 list_files',
    'result 1 read_file',
    'reply 2',
    'result 2 write_file',
    'reply 3',
    'result 3 finish',
  ]);
});

const readme = {name: 'write_file', input: {path: 'README.md', content: wholeFile('api')}};
const finish = {name: 'finish', input: {summary: 'Wrote it.'}};

it('goes on after kill -9 from the last recorded turn: what it did is there, and only the call in flight is paid again', async () => {
  const night: Night = {directory: person.work, repos: ['api']};
  await person.write('config/tasks.json', {
    tasks: [{name: 'Docs', skill: 'readme-generator', repos: [path.join(person.home, 'code/api')], mode: 'agent'}],
    settings: {model: 'anthropic/claude-sonnet-5-5', results_dir: '../../home', force: true},
  });
  let killNow: () => void = () => {};
  const arrived = new Promise<void>(resolve => {
    killNow = resolve;
  });
  let isDown = true;
  server.reply(async ({turns}) => {
    if (turns === 0) return {text: '', toolCalls: [{name: 'read_file', input: {path: 'main.py'}}]};
    if (turns === 1)
      return {text: '', toolCalls: [{name: 'write_file', input: {path: 'notes.md', content: '# Notes\n'}}, readme]};
    if (turns === 2 && isDown) {
      killNow();
      return {fault: 'stall'};
    }
    return turns === 2
      ? {text: '', toolCalls: [{name: 'edit_file', input: {path: 'notes.md', old: 'Notes', new: 'More notes'}}]}
      : {text: '', toolCalls: [finish]};
  });
  const started = startCli(night, ['--config', 'config/tasks.json'], {server});
  await arrived;
  started.child.kill('SIGKILL');
  await started.ended;
  isDown = false;
  const before = server.requests.length;
  expect(server.requests.map(({turns}) => turns)).toEqual([0, 1, 2]);
  const resumed = await cli(night, ['resume'], {server});
  expect(resumed).toMatchObject({code: 0, stderr: ''});
  expect(server.requests.slice(before).map(({turns}) => turns)).toEqual([2, 3]);
  // What the model is told is what it was told before.
  expect(server.requests[before]!.body).toBe(server.requests[before - 1]!.body);
  const code = path.join(person.home, 'code/api');
  expect(await readFile(path.join(code, 'notes.md'), 'utf8')).toBe('# More notes\n');
  expect(existsSync(path.join(code, 'README.md'))).toBe(true);
  const [row] = await person.results();
  expect(row).toMatchObject({outcome: 'changed', usage: {requests: 4}});
  const shown = await cli(night, ['logs', '--job', 'readme-generator/code/api', '--transcript']);
  expect(shown.stderr).toBe('');
  expect(shown.stdout).toContain('turn 2 (recorded)');
  expect(shown.stdout).toContain('turn 4\n  → finish {"summary":"Wrote it."}');
});

it('counts what was paid for a turn whose commands ran when the process was killed', async () => {
  const night: Night = {directory: person.work, repos: ['api']};
  const mark = path.join(person.directory, 'called');
  await person.write('config/tasks.json', {
    tasks: [{name: 'Docs', skill: 'readme-generator', repos: [path.join(person.home, 'code/api')], mode: 'agent'}],
    settings: {
      model: 'anthropic/claude-sonnet-5-5',
      results_dir: '../../home',
      mcp: {slow: {command: [process.execPath, support('mcp-server.mjs'), '--fragile'], env: {MARK: mark}}},
    },
  });
  server.reply(({turns}) =>
    turns === 0
      ? {text: '', toolCalls: [{name: 'mcp__slow__sleep', input: {}}], tokens: {input: 10_000, output: 500}}
      : {text: '', toolCalls: [readme, finish]},
  );
  const started = startCli(night, ['--config', 'config/tasks.json'], {server});
  // The reply is recorded before the tool is called, the turn after it has answered.
  while (!existsSync(mark)) await sleep(20);
  started.child.kill('SIGKILL');
  await started.ended;
  expect(server.requestCount).toBe(1);
  expect(await cli(night, ['resume'], {server})).toMatchObject({code: 0});
  expect(server.requestCount).toBe(2);
  const [row] = await person.results();
  expect(row).toMatchObject({outcome: 'changed', usage: {requests: 2}});
  expect(row!.usage!.input_tokens).toBeGreaterThan(10_000);
  expect((await cli(night, ['status'], {server})).stdout).toContain(`${row!.cost_usd!.toFixed(4)} USD`);
});

it('stops at its cap, whatever the model does, and says what to do', async () => {
  server.reply(({turns}) => ({
    text: '',
    toolCalls: [{name: 'read_file', input: {path: 'main.py', offset: 1, limit: turns + 1}}],
  }));
  await person.write('config/tasks.json', {
    tasks: [{name: 'Docs', skill: 'readme-generator', group: 'all', mode: 'agent', max_turns: 6}],
    settings: {model: 'anthropic/claude-sonnet-5-5'},
  });
  const said = await person.call(['--config', 'config/tasks.json']);
  expect(said.exitCode).toBe(1);
  expect(server.requestCount).toBe(6);
  expect(await person.results()).toMatchObject([
    {outcome: 'turn-limit', message: 'The agent had not finished after 6 turns.', attempts: 6},
  ]);
  // With more room it goes on; what was paid is not paid again.
  await person.write('config/tasks.json', {
    tasks: [{name: 'Docs', skill: 'readme-generator', group: 'all', mode: 'agent', max_turns: 9}],
    settings: {model: 'anthropic/claude-sonnet-5-5'},
  });
  server.reply(({turns}) => ({
    text: '',
    toolCalls: [readme, {name: 'read_file', input: {path: `after-${turns}`}}, finish],
  }));
  expect(await person.call(['--config', 'config/tasks.json'])).toMatchObject({exitCode: 0});
  // Also of the sixth, which was told that it was the last; the next one hears that it was not.
  expect(server.requests.slice(6).map(({turns}) => turns)).toEqual([6]);
  expect(server.requests[6]?.prompt).toMatch(/one turn is left[\s\S]*there are more turns now/);
});

it('never costs more than the budget of the job', async () => {
  server.reply(({turns}) => ({
    text: '',
    toolCalls: [{name: 'read_file', input: {path: 'main.py', offset: 1, limit: turns + 1}}],
    tokens: {input: 4000, output: 900},
  }));
  await person.write('config/tasks.json', {
    tasks: [
      {
        name: 'Docs',
        skill: 'readme-generator',
        group: 'all',
        mode: 'agent',
        job_budget_usd: 0.2,
        max_output_tokens: 1000,
      },
    ],
    settings: {model: 'anthropic/claude-sonnet-5-5', budget_usd: 5},
  });
  expect((await person.call(['--config', 'config/tasks.json'])).exitCode).toBe(1);
  const [row] = await person.results();
  expect(row?.outcome).toBe('job-budget');
  expect(row?.cost_usd).toBeGreaterThan(0.05);
  expect(row?.cost_usd).toBeLessThanOrEqual(0.2);
});

it('refuses to start without a model, in one line', async () => {
  const said = await person.start(['--agent', '--skill', 'readme-generator', '--model', 'offline']);
  expect(said.exitCode).toBe(2);
  expect(said.stderr).toMatch(/^orchestrator: .*mode "agent" needs a model.*set "model".*\n$/);
});

it('a repo cannot change model, endpoint, tools, instructions or delivery, whatever files it holds', async () => {
  await using trap = await startScriptedModelServer();
  const mark = path.join(person.directory, 'mark');
  const hostile = hostileFiles(trap.url, mark);
  expect(Object.keys(hostile).length).toBeGreaterThanOrEqual(60);
  await makeFleet(path.join(person.home, 'code'), {
    plain: {files: {'main.py': 'print(1)\n'}},
    hostile: {files: {'main.py': 'print(1)\n', ...hostile}},
  });
  await person.write('config/repos.json', {
    repositories: ['plain', 'hostile'].map(name => ({name, path: `~/code/${name}`})),
  });
  const calls = [
    {name: 'list_files', input: {}},
    ...Object.keys(hostile)
      .slice(0, 29)
      .map(file => ({name: 'read_file', input: {path: file}})),
    {name: 'search_files', input: {pattern: 'evil'}},
  ];
  server.reply(({turns}) => ({text: '', toolCalls: turns === 0 ? calls : [readme, finish]}));
  const said = await person.start(['--agent', '--skill', 'readme-generator', '--model', 'anthropic/claude-sonnet-5-5']);
  expect(said).toMatchObject({exitCode: 0, stderr: ''});
  const shapes = server.requests.map(({model, system, tools, headers, path: address}) =>
    JSON.stringify([model, system, tools, headers['x-api-key'], address]),
  );
  expect(server.requestCount).toBe(4);
  expect(new Set(shapes).size).toBe(1);
  expect(trap.requestCount).toBe(0);
  expect(existsSync(mark)).toBe(false);
  const rows = await person.results();
  expect(rows.map(({outcome, files, delivered}) => [outcome, files?.map(file => file.path), delivered?.kind])).toEqual([
    ['changed', ['README.md'], 'files'],
    ['changed', ['README.md'], 'files'],
  ]);
});

it.skipIf(!existsSync('/usr/bin/bwrap'))(
  'a verify command that its change broke goes back to the agent, which mends it',
  async () => {
    await makeFleet(path.join(person.home, 'code'), {
      sum: {
        files: {
          'sum.sh': 'echo $(($1 + $2))\n',
          'test.sh': 'test "$(sh sum.sh 1 2)" = 3 || { echo "1 and 2 must be 3"; exit 1; }\n',
        },
      },
    });
    await person.write(
      'skills/add-header/SKILL.md',
      '---\nname: add-header\ndescription: Puts a licence header on every source file.\n---\nPut the header on every script. The tests must stay green.\n',
    );
    await person.write('config/tasks.json', {
      tasks: [{name: 'Headers', skill: 'add-header', repos: ['~/code/sum'], mode: 'agent', verify: ['sh test.sh']}],
      settings: {model: 'anthropic/claude-sonnet-5-5', skills: ['../skills']},
    });
    const header = '# SPDX-License-Identifier: MIT';
    server.reply(({turns, prompt}) => {
      const write = (content: string) => ({name: 'write_file', input: {path: 'sum.sh', content}});
      if (turns === 0) return {text: '', toolCalls: [write(`${header}\necho 4\n`), finish]};
      expect(prompt).toContain(
        'The work does not count as done. "sh test.sh" succeeded before the change and fails with it',
      );
      expect(prompt).toContain('1 and 2 must be 3');
      return {text: '', toolCalls: [write(`${header}\necho $(($1 + $2))\n`), finish]};
    });
    const said = await person.start(['--config', 'config/tasks.json']);
    expect(said).toMatchObject({exitCode: 0, stderr: ''});
    expect(await readFile(path.join(person.home, 'code/sum/sum.sh'), 'utf8')).toContain(`${header}\necho $((`);
    expect(await person.results()).toMatchObject([{outcome: 'changed', verified: [{after: 'passed'}]}]);
    expect(server.requestCount).toBe(2);
  },
);

const support = (name: string): string => path.join(import.meta.dirname, '../support', name);

it('offers the tools of the MCP servers of the configuration, and none of the repo', async () => {
  await person.write('config/tasks.json', {
    tasks: [{name: 'Docs', skill: 'readme-generator', group: 'all'}],
    settings: {
      model: 'anthropic/claude-sonnet-5-5',
      simple_mode: false,
      mcp: {tickets: {command: [process.execPath, support('mcp-server.mjs')], env: {TICKETS_TOKEN: '$MY_TOKEN'}}},
    },
  });
  server.reply(({turns, toolResults}) => {
    if (turns === 0) return {text: '', toolCalls: [{name: 'mcp__tickets__find', input: {id: 7}}]};
    expect(toolResults[0]?.text).toBe('ticket 7: from home');
    return {text: '', toolCalls: [readme, finish]};
  });
  const said = await person.start(['--config', 'config/tasks.json'], {env: {MY_TOKEN: 'from home'}});
  expect(said).toMatchObject({exitCode: 0, stderr: ''});
  expect(server.requests[0]?.tools).toContain('mcp__tickets__find');
});

it('lets another agent work through the Agent Client Protocol, with no model and no key of ours', async () => {
  await person.write('config/tasks.json', {
    tasks: [{name: 'Docs', skill: 'readme-generator', group: 'all', mode: 'agent'}],
    settings: {agent: {command: [process.execPath, support('acp-agent.mjs'), 'good']}},
  });
  const env = {ANTHROPIC_API_KEY: '', ANTHROPIC_BASE_URL: ''};
  const said = await person.start(['--config', 'config/tasks.json'], {env});
  expect(said.stderr).toBe('');
  expect(said.stdout).toMatch(/changed README\.md \+\d+ -0 cost unknown/);
  expect(said.exitCode).toBe(0);
  const [row] = await person.results();
  expect(row).toMatchObject({outcome: 'changed', cost_usd: null, attempts: 0, sandbox: 'none'});
  expect(row).not.toHaveProperty('usage');
  const shown = await person.call(['logs', '--job', 'readme-generator/api', '--transcript']);
  expect(shown.stdout).toContain('edit: Write README.md');
  expect(shown.stdout).toContain('fs/read_text_file');
  const budget = await person.call(['--config', 'config/tasks.json', '--budget', '1'], {env});
  expect(budget).toMatchObject({exitCode: 2});
  expect(budget.stderr).toContain('is not known before it is paid');
  for (const [task, settings] of [
    [{job_budget_usd: 1}, {}],
    [{budget_usd: 1}, {}],
    [{}, {budget_usd_per_day: 1}],
    [{}, {job_budget_usd: 1}],
  ]) {
    await person.write('config/tasks.json', {
      tasks: [{name: 'Docs', skill: 'readme-generator', group: 'all', mode: 'agent', ...task}],
      settings: {agent: {command: [process.execPath, support('acp-agent.mjs'), 'good']}, ...settings},
    });
    const refused = await person.call(['--config', 'config/tasks.json'], {env});
    expect(refused).toMatchObject({exitCode: 2, stderr: expect.stringContaining('is not known before it is paid')});
  }
});

it('counts what another agent says that it cost, for status and for the budgets of a day', async () => {
  await person.write('config/tasks.json', {
    tasks: [{name: 'Docs', skill: 'readme-generator', group: 'all', mode: 'agent'}],
    settings: {agent: {command: [process.execPath, support('acp-agent.mjs'), 'priced']}},
  });
  const said = await person.start(['--config', 'config/tasks.json']);
  expect(said).toMatchObject({exitCode: 0, stderr: ''});
  expect((await person.results())[0]).toMatchObject({outcome: 'changed', cost_usd: 0.25});
  expect((await person.call(['status'])).stdout).toContain('0.2500 USD');
  await person.write('config/tasks.json', {
    tasks: [{name: 'Docs', skill: 'repo-summarizer', group: 'all', mode: 'simple'}],
    settings: {model: 'anthropic/claude-sonnet-5-5', budget_usd_per_day: 0.2},
  });
  await person.call(['--config', 'config/tasks.json']);
  expect((await person.results())[0]).toMatchObject({outcome: 'not-started', reason: 'budget'});
});

it('sends spans of run, jobs, turns and tools to a collector that the environment names, and no text', async () => {
  const received: {resourceSpans: {scopeSpans: {spans: OtlpSpan[]}[]}[]}[] = [];
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/v1/traces') received.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>(resolve => collector.listen(0, '127.0.0.1', resolve));
  server.reply(({turns}) => ({
    text: 'secret words',
    toolCalls: turns === 0 ? [{name: 'read_file', input: {path: 'nowhere.txt'}}] : [readme, finish],
  }));
  const said = await person.start(['--agent', '--skill', 'readme-generator', '--repo-names', 'api'], {
    env: {OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`},
  });
  collector.close();
  expect(said).toMatchObject({exitCode: 0, stderr: ''});
  expect(said.stdout).toContain('turn 1: read_file!');
  const spans = received.flatMap(({resourceSpans}) =>
    resourceSpans.flatMap(({scopeSpans}) => scopeSpans.flatMap(scope => scope.spans)),
  );
  const idOf = (name: string): string | undefined => spans.find(span => span.name === name)?.spanId;
  expect(spans.map(({name, parentSpanId}) => [name, parentSpanId || undefined]).sort()).toEqual(
    [
      ['chat claude-sonnet-5-5', idOf('invoke_agent readme-generator')],
      ['chat claude-sonnet-5-5', idOf('invoke_agent readme-generator')],
      ['execute_tool finish', idOf('invoke_agent readme-generator')],
      ['execute_tool read_file', idOf('invoke_agent readme-generator')],
      ['execute_tool write_file', idOf('invoke_agent readme-generator')],
      ['invoke_agent readme-generator', idOf('orchestrator run')],
      ['orchestrator run', undefined],
    ].sort(),
  );
  const chat = spans.find(({name}) => name.startsWith('chat'))!;
  expect(Object.fromEntries(chat.attributes.map(({key, value}) => [key, Object.values(value)[0]]))).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'anthropic',
    'gen_ai.request.model': 'claude-sonnet-5-5',
  });
  expect(JSON.stringify(received)).not.toMatch(/secret words|nowhere|A small program/);
});

it.each([
  ['that is no address', 'collector:4318', 1],
  ['that nobody listens at', 'http://127.0.0.1:1', 0],
  ['that never answers', '', 0],
])('ends as ever, and soon, with a collector %s', async (_, endpoint, warnings) => {
  const silent = createServer(() => {});
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
  server.reply({text: '', toolCalls: [readme, finish]});
  const args = ['--agent', '--skill', 'readme-generator', '--repo-names', 'api'];
  const address = endpoint || `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const said = await person.start([...args, '--force'], {
    env: {OTEL_EXPORTER_OTLP_ENDPOINT: address, OTEL_SERVICE_NAME: 'x'},
  });
  const ended = Date.now();
  silent.closeAllConnections();
  silent.close();
  expect(said).toMatchObject({exitCode: 0, stderr: ''});
  expect(said.stdout.match(/WARN .*no spans are sent/g) ?? []).toHaveLength(warnings);
  // Its last words are those of the end of the run.
  expect(ended - Date.parse(said.stdout.trimEnd().split('\n').at(-1)!.split(' ')[0]!)).toBeLessThan(2500);
});

interface OtlpSpan {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly {readonly key: string; readonly value: object}[];
}

const skills = ['readme-generator', 'repo-summarizer', 'code-reviewer', 'journal'];

it('runs the shipped skills over the demo fleet', async () => {
  const fleet = await createDemoFleet(path.join(person.directory, 'demo'), {now: new Date()});
  await person.write('config/demo.json', demoConfiguration(fleet.fleetFile, 'anthropic/claude-sonnet-5-5'));
  server.reply(({turns, prompt, system}) =>
    turns === 0
      ? {
          text: 'I look around.',
          toolCalls: [
            {name: 'list_files', input: {}},
            {name: 'read_file', input: {path: '/skill/SKILL.md'}},
          ],
        }
      : {text: '', toolCalls: [writeOutput(system, repoOf({prompt})), finish]},
  );
  const said = await person.start(['--config', 'config/demo.json']);
  expect(said.stderr).toBe('');
  const rows = await person.results();
  expect(rows.map(({outcome, message}) => message ?? outcome).filter(text => text !== 'changed')).toEqual([]);
  expect(rows).toHaveLength(skills.length * fleet.repos.length);
  expect(said.exitCode).toBe(0);
});

it('runs them against a model server nobody here wrote', async () => {
  const mock = new LLMock({port: 0});
  await mock.start();
  const call = (name: string, input: unknown) => ({name, arguments: JSON.stringify(input)});
  for (const skill of skills) {
    const isOf = (systems: unknown): boolean => JSON.stringify(systems).includes(`# Skill: ${skill}`);
    const output = {
      'readme-generator': 'README.md',
      'repo-summarizer': 'PROJECT.md',
      'code-reviewer': 'CODE_REVIEW.md',
    }[skill];
    const path = output ?? `docs/journal/${localDate(new Date())}.md`;
    const answered = (messages: readonly {role: string}[]): boolean => messages.some(({role}) => role === 'tool');
    mock.on(
      {predicate: ({messages}) => isOf(messages) && !answered(messages)},
      {toolCalls: [call('list_files', {}), call('read_file', {path: 'package.json'})]},
    );
    mock.on(
      {predicate: ({messages}) => isOf(messages) && answered(messages)},
      {toolCalls: [call('write_file', {path, content: wholeFile(skill)}), call('finish', {summary: 'Done.'})]},
    );
  }
  const fleet = await createDemoFleet(path.join(person.directory, 'demo'), {now: new Date()});
  await person.write('config/demo.json', demoConfiguration(fleet.fleetFile, 'openai/gpt-6-sol', ['wordfreq']));
  const said = await person.start(['--config', 'config/demo.json'], {
    env: {OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `${mock.url}/v1`},
  });
  const calls = mock.getRequests().length;
  await mock.stop();
  expect(said.stderr).toBe('');
  expect((await person.results()).map(({outcome, message}) => message ?? outcome)).toEqual(skills.map(() => 'changed'));
  expect(calls).toBe(8);
});

function demoConfiguration(fleet: string, model: string, repos?: readonly string[]): unknown {
  return {
    tasks: skills.map(skill => ({name: skill, skill, ...(repos === undefined ? {group: 'all'} : {repo_names: repos})})),
    settings: {fleet, model, simple_mode: false},
  };
}

function writeOutput(system: string, title: string): {name: string; input: unknown} {
  const output = /^- (\S+)$/m.exec(system.slice(system.indexOf('# Result')))?.[1] ?? 'none';
  return {name: 'write_file', input: {path: output, content: wholeFile(title)}};
}
