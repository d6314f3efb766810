import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, it} from 'vitest';
import type {McpServers} from '../../domain/mcp-server.ts';
import {makeTemporaryDirectory} from '../../testing/temporary-fleet.ts';
import {findProgram} from '../../util/find-program.ts';
import {openMcpTools} from './mcp-tools.ts';
import type {ToolReach} from './tool.ts';

const server = fileURLToPath(new URL('../../../test/support/mcp-server.mjs', import.meta.url));
const env = {PATH: process.env['PATH'], TOKEN: 'from the environment', ANTHROPIC_API_KEY: 'sk-secret'};
const places = {env, folder: tmpdir()};
const reach = {signal: new AbortController().signal, findSecrets: async () => []} as unknown as ToolReach;

async function ask(servers: McpServers): Promise<Record<string, string>> {
  const {tools, close} = await openMcpTools(servers, places);
  try {
    const answers: Record<string, string> = {};
    for (const tool of tools) {
      const input = tool.name.endsWith('find') ? {id: 7} : {};
      answers[tool.name] = await tool.call(input, reach).then(
        ({text}) => text,
        error => `! ${error.message}`,
      );
    }
    return answers;
  } finally {
    await close();
  }
}

it('offers the tools of a command under its name; it gets the variables that were named and no key', async () => {
  const answers = await ask({
    tickets: {command: [process.execPath, server], env: {TICKETS_TOKEN: '$TOKEN'}},
  });
  expect(answers).toMatchObject({
    mcp__tickets__find: 'ticket 7: from the environment',
    mcp__tickets__fail: '! no such ticket',
  });
  expect(answers['mcp__tickets__environment']).toContain('TICKETS_TOKEN');
  expect(answers['mcp__tickets__environment']).not.toContain('ANTHROPIC');
});

it('runs a command in a folder of its own, or where nobody can put anything', async () => {
  const {tools, close} = await openMcpTools({tickets: {command: [process.execPath, server, '--folder']}}, places);
  const {text: folder} = await tools.find(({name}) => name === 'mcp__tickets__folder')!.call({}, reach);
  await close();
  if (folder === '/') return;
  expect(folder).toMatch(/\/orchestrator-mcp-/);
  expect(existsSync(folder)).toBe(false);
});

const npx = findProgram('npx', process.env);
it.skipIf(npx === undefined)('npx finds no program that others have put above it', async () => {
  await using temporary = await makeTemporaryDirectory();
  const planted = path.join(temporary.path, 'node_modules/.bin/orchestrator-planted');
  mkdirSync(path.dirname(planted), {recursive: true});
  writeFileSync(planted, `#!/bin/sh\ntouch ${temporary.path}/ran\n`, {mode: 0o755});
  const command = [npx!, '--offline', 'orchestrator-planted'];
  // For the test a home that nobody else can write to, below a folder that everybody can.
  const {faults, close} = await openMcpTools(
    {t: {command}},
    {env: {...env, HOME: temporary.path}, folder: temporary.path},
  );
  await close();
  expect([...faults.keys()]).toEqual(['t']);
  expect(existsSync(path.join(temporary.path, 'ran'))).toBe(false);
});

it('that ends at once leaves nothing behind', async () => {
  await using temporary = await makeTemporaryDirectory();
  const {faults} = await openMcpTools({short: {command: ['false']}}, {env, folder: temporary.path});
  expect([...faults.keys()]).toEqual(['short']);
  await expect.poll(() => readdirSync(temporary.path)).toEqual([]);
});

describe.skipIf(process.platform !== 'linux')('a command that does not want to end', () => {
  it('ends with the run, and so does what it started', async () => {
    const mark = `6${process.pid}1`;
    const {close} = await openMcpTools({slow: {command: [process.execPath, server, `--stubborn=${mark}`]}}, places);
    expect(running(mark).length).toBeGreaterThanOrEqual(3);
    await close();
    expect(running(mark)).toEqual([]);
  });

  it('ends with kill -9 of the orchestrator, and so does what it started', async () => {
    const mark = `6${process.pid}2`;
    const script = `const {openMcpTools} = await import('${new URL('./mcp-tools.ts', import.meta.url)}');
      await openMcpTools({slow: {command: [process.execPath, ${JSON.stringify(server)}, '--stubborn=${mark}']}}, {env: process.env, folder: '${tmpdir()}'});
      console.log('open'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(running(mark).length).toBeGreaterThanOrEqual(3);
    child.kill('SIGKILL');
    await expect.poll(() => running(mark), {timeout: 3000}).toEqual([]);
  });
});

/** Command lines of processes that have the mark in them, without that of the orchestrator. */
function running(mark: string): string[] {
  const lines = execFileSync('ps', ['-eo', 'stat,args'], {encoding: 'utf8'}).split('\n');
  return lines.filter(line => line.includes(mark) && !line.startsWith('Z') && !line.includes('--input-type'));
}

it('offers the tools of a server on the network', async () => {
  const child = spawn(process.execPath, [server, '--http'], {stdio: ['ignore', 'pipe', 'inherit']});
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const answers = await ask({tickets: {url: String(line).trim(), headers: {'x-token': '$TOKEN'}}});
  child.kill();
  expect(answers).toMatchObject({
    mcp__tickets__find: 'ticket 7: from the environment',
    mcp__tickets__fail: '! no such ticket',
  });
});

it('says in one line which server cannot be used, and offers the tools of the others', async () => {
  const {tools, faults, close} = await openMcpTools(
    {
      gone: {command: ['/nonexistent/server']},
      ends: {command: ['false']},
      tickets: {command: [process.execPath, server]},
    },
    places,
  );
  await close();
  expect(faults.get('gone')).toMatch(/^the MCP server "gone" cannot be used: .*ENOENT/);
  expect([...faults.keys()].sort()).toEqual(['ends', 'gone']);
  expect(tools).toHaveLength(3);
});

it('offers all pages of a list, each tool under a name of its own that none of ours has', async () => {
  const {tools, close} = await openMcpTools({read: {command: [process.execPath, server, '--pages']}}, places);
  const found = await Promise.all(tools.map(async tool => [tool.name, (await tool.call({}, reach)).text]));
  await close();
  expect(found).toEqual([
    ['mcp__read__file', 'called file'],
    ['mcp__read__a_b', 'called a.b'],
    ['mcp__read__a_b_2', 'called a_b'],
  ]);
});

it('starts a server again that ended, once', async () => {
  const {tools, close} = await openMcpTools({fragile: {command: [process.execPath, server, '--fragile']}}, places);
  const call = async (name: string): Promise<string> => {
    const tool = tools.find(each => each.name === `mcp__fragile__${name}`)!;
    return await tool.call({}, reach).then(
      ({text}) => text,
      error => `! ${error.message}`,
    );
  };
  const said: string[] = [];
  for (const name of ['count', 'count', 'crash', 'count', 'crash', 'count']) said.push(await call(name));
  await close();
  expect(said).toEqual([
    '1',
    '2',
    expect.stringContaining('! the server failed'),
    '1',
    expect.stringContaining('! the server failed'),
    '! the server has ended, also after it was started again',
  ]);
});
