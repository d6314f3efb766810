import {existsSync} from 'node:fs';
import {mkdtemp, readdir, readFile, readlink, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {type AgentRig, type AgentRun, openAgentRig} from '../../../test/support/agent-rig.ts';
import {renderContext} from '../../context/render-context.ts';
import {maskSecrets} from '../../context/secrets.ts';
import {unknownUsage} from '../../domain/usage.ts';
import {systemClock} from '../../util/clock.ts';
import {createForeignAgentMode} from './foreign-agent.ts';

const program = fileURLToPath(new URL('../../../test/support/acp-agent.mjs', import.meta.url));
let rig: AgentRig;

beforeAll(async () => {
  rig = await openAgentRig({'main.py': 'print("hello")\n'});
});
afterAll(() => rig[Symbol.asyncDispose]());

interface AgentOptions {
  readonly stallMs?: number;
  readonly command?: string[];
  readonly args?: string[];
  readonly allowedTools?: string[];
  /** Default: the skill writes README.md. */
  readonly output?: false;
}

async function runAgent(behaviour: string, options: AgentOptions = {}): Promise<AgentRun> {
  const foreign = createForeignAgentMode({
    renderContext,
    estimateTokens: text => text.length / 4,
    maskSecrets,
    clock: systemClock,
    stallMs: options.stallMs ?? 20_000,
    env: {PATH: process.env['PATH'], TOKEN: 'for the agent', ANTHROPIC_API_KEY: 'CANARY'},
  });
  return await rig.run(() => ({}), {
    mode: {foreign},
    skill: {
      ...(options.output === false ? {} : {output: 'README.md'}),
      ...(options.allowedTools === undefined ? {} : {allowedTools: options.allowedTools}),
    },
    job: {
      agent: {
        name: 'small',
        command: options.command ?? [process.execPath, program, behaviour, ...(options.args ?? [])],
        env: {AGENT_TOKEN: '$TOKEN', UNSET: '$NOT_SET'},
      },
      ...(options.output === false ? {} : {output: 'README.md', outputs: ['README.md'], outputPattern: 'README.md'}),
    },
  });
}

it('makes a change, which its diff proves; what it costs is not known unless it says so', async () => {
  const {proposal, spent} = await runAgent('good');
  expect(proposal?.edits.map(edit => edit.path)).toEqual(['README.md']);
  expect(proposal?.summary).toBe('Wrote the README.');
  expect(spent).toMatchObject([{cost: {usd: null, reason: 'the agent "small" does not say what it costs'}}]);
  expect((await runAgent('priced')).spent).toMatchObject([{cost: {usd: 0.25}}]);
});

it.each<[string[], object]>([
  [['0.5 USD', '0.1 USD'], {usd: 0.5}],
  [['-5 USD'], {usd: null, reason: 'the agent "small" says that it cost -5 USD, which is not believed'}],
  [['0.5 USD', '1e308 USD'], {usd: null, reason: expect.stringContaining('1e+308 USD'), atLeastUsd: 0.5}],
  [['3 EUR'], {usd: null, reason: 'the agent "small" counts in "EUR"'}],
])('says that it costs %j, and is believed as far as that can be', async (args, cost) => {
  const {spent} = await runAgent('bills', {args});
  expect(spent).toEqual([{usage: unknownUsage, cost}]);
});

it('may say that nothing needs to change, in words that leave no doubt', async () => {
  expect((await runAgent('content', {output: false})).proposal?.edits).toEqual([]);
  const {failure} = await runAgent('liar', {output: false});
  expect(failure?.failure).toMatchObject({
    reason: 'no-effect',
    message: 'Nothing was changed, and the agent does not say that nothing needs to change.',
  });
});

it('gets no more than its skill allows, and what it asked for stands in the record', async () => {
  const args = ['main.py', 'docs/a.md', '../x', '.git/config'];
  const run = await runAgent('files', {args, output: false, allowedTools: ['Read', 'Write(docs/**)']});
  expect(run.proposal?.edits.map(edit => edit.path)).toEqual(['docs/a.md']);
  const lines = run.lines as {tool?: string; error?: boolean; refused?: true}[];
  const calls = lines.filter(({tool}) => tool?.startsWith('fs/'));
  expect(
    calls.map(({tool, error, refused}) => [
      tool?.replace(/: .*\/tree\//, ' ').replace(/: .*\//, ' … '),
      refused ? 'refused' : error ? 'failed' : 'done',
    ]),
  ).toEqual([
    ['fs/read_text_file main.py', 'done'],
    ['fs/write_text_file main.py', 'refused'],
    ['fs/read_text_file docs/a.md', 'failed'],
    ['fs/write_text_file docs/a.md', 'done'],
    ['fs/read_text_file … x', 'refused'],
    ['fs/write_text_file … x', 'refused'],
    ['fs/read_text_file .git/config', 'refused'],
    ['fs/write_text_file .git/config', 'refused'],
  ]);
});

it('that changes by itself what its skill does not allow has not done its work', async () => {
  const {failure} = await runAgent('bills', {allowedTools: ['Read']});
  expect(failure?.failure).toMatchObject({
    reason: 'tools-denied',
    message: 'The skill does not allow to change "README.md".',
  });
});

it('is told what is missing, and is not believed', async () => {
  expect((await runAgent('late')).proposal?.edits).toHaveLength(1);
  expect((await runAgent('liar')).failure?.failure.reason).toBe('no-effect');
});

it.each([
  ['crash', 'agent-failed', /ended with exit code 7 before it was done: "no licence found"/],
  ['refuse', 'reply-refused', /refusal/],
  ['no such behaviour', 'agent-failed', /answered with an error/],
])('%s: has its own reason', async (behaviour, reason, message) => {
  const {failure} = await runAgent(behaviour);
  expect(failure?.failure).toMatchObject({reason, message: expect.stringMatching(message)});
});

it('that is not installed is named, with what to do', async () => {
  const {failure} = await runAgent('good', {command: ['no-such-agent']});
  expect(failure?.failure).toMatchObject({reason: 'agent-failed', next: expect.stringContaining('no-such-agent')});
});

it('may be installed below the folder of temporary files, of which it has an empty one', async () => {
  const folder = await mkdtemp('/tmp/orchestrator-installed-');
  try {
    const start = path.join(folder, 'start.sh');
    await writeFile(start, '#!/bin/sh\nexec "$@"\n', {mode: 0o755});
    const {proposal} = await runAgent('good', {command: [start, process.execPath, program, 'good']});
    expect(proposal?.edits.map(edit => edit.path)).toEqual(['README.md']);
  } finally {
    await rm(folder, {recursive: true});
  }
});

it('that says nothing is given up, with all its processes', async () => {
  const {failure} = await runAgent('hang', {stallMs: 1500});
  expect(failure?.failure).toMatchObject({reason: 'agent-stalled', message: 'small said nothing for 2 s'});
  expect(await processesIn(rig.directory)).toEqual([]);
});

it('may read and change files of the repo, and nothing else', async () => {
  const run = await runAgent('thief');
  // README.md is not there, so it is told so until its rounds are over; what it found out stands in its report.
  expect(run.failure?.failure.reason).toBe('no-effect');
  const lines = run.lines.filter(line => 'refused' in line);
  expect(lines.length).toBeGreaterThanOrEqual(5);
  const found = JSON.parse(run.files['report.json'] ?? '{}');
  expect(found).toMatchObject({
    execute: false,
    fetch: false,
    outside: false,
    other: false,
    up: false,
    readOutside: 'refused',
    writeLink: 'refused',
    token: 'for the agent',
  });
  expect(found.variables).not.toContain('ANTHROPIC_API_KEY');
  expect(found.variables).not.toContain('UNSET');
  expect(found.home).toMatch(/orchestrator-agent-/);
  expect(existsSync(found.home)).toBe(false);
  expect(found.parent).not.toBe('true');
});

async function processesIn(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (cwd.startsWith(directory))
      found.push(`${pid} ${await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')}`);
  }
  return found.map(text => path.normalize(text));
}
