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
  expect(answers).toMatchObject({tickets_find: 'ticket 7: from the environment', tickets_fail: '! no such ticket'});
  expect(answers['tickets_environment']).toContain('TICKETS_TOKEN');
  expect(answers['tickets_environment']).not.toContain('ANTHROPIC');
});

it('offers the tools of a server on the network', async () => {
  const child = spawn(process.execPath, [server, '--http'], {stdio: ['ignore', 'pipe', 'inherit']});
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const answers = await ask({tickets: {url: String(line).trim(), headers: {'x-token': '$TOKEN'}}});
  child.kill();
  expect(answers).toMatchObject({tickets_find: 'ticket 7: from the environment', tickets_fail: '! no such ticket'});
});

it('says in one line which server cannot be used', async () => {
  await expect(openMcpTools({gone: {command: ['/nonexistent/server']}}, env)).rejects.toThrow(
    /^the MCP server "gone" cannot be used: .*ENOENT/,
  );
});
