import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {expect, it} from 'vitest';
import type {McpServers} from '../../domain/mcp-server.ts';
import {openMcpTools} from './mcp-tools.ts';
import type {ToolReach} from './tool.ts';

const server = fileURLToPath(new URL('../../../test/support/mcp-server.mjs', import.meta.url));
const env = {PATH: process.env['PATH'], TOKEN: 'from the environment', ANTHROPIC_API_KEY: 'sk-secret'};
const reach = {signal: new AbortController().signal, findSecrets: async () => []} as unknown as ToolReach;

async function ask(servers: McpServers): Promise<Record<string, string>> {
  const {tools, close} = await openMcpTools(servers, env);
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
    env,
  );
  await close();
  expect(faults.get('gone')).toMatch(/^the MCP server "gone" cannot be used: .*ENOENT/);
  expect([...faults.keys()].sort()).toEqual(['ends', 'gone']);
  expect(tools).toHaveLength(3);
});

it('offers all pages of a list, each tool under a name of its own that none of ours has', async () => {
  const {tools, close} = await openMcpTools({read: {command: [process.execPath, server, '--pages']}}, env);
  const found = await Promise.all(tools.map(async tool => [tool.name, (await tool.call({}, reach)).text]));
  await close();
  expect(found).toEqual([
    ['mcp__read__file', 'called file'],
    ['mcp__read__a_b', 'called a.b'],
    ['mcp__read__a_b_2', 'called a_b'],
  ]);
});

it('starts a server again that ended, once', async () => {
  const {tools, close} = await openMcpTools({fragile: {command: [process.execPath, server, '--fragile']}}, env);
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
