// A small MCP server: by itself over standard input and output, with --http over HTTP. What it was started with, it tells.
import {spawn} from 'node:child_process';
import {createServer} from 'node:http';
import {McpServer} from '@modelcontextprotocol/sdk/server/mcp.js';
import {StdioServerTransport} from '@modelcontextprotocol/sdk/server/stdio.js';
import {StreamableHTTPServerTransport} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {z} from 'zod';

function makeServer(headers = {}) {
  const server = new McpServer({name: 'tickets', version: '1'});
  server.registerTool('find', {description: 'Finds a ticket.', inputSchema: {id: z.number()}}, async ({id}) => ({
    content: [{type: 'text', text: `ticket ${id}: ${process.env.TICKETS_TOKEN ?? headers['x-token']}`}],
  }));
  server.registerTool('fail', {description: 'Fails.', inputSchema: {}}, async () => ({
    isError: true,
    content: [{type: 'text', text: 'no such ticket'}],
  }));
  server.registerTool('environment', {description: 'Its variables.', inputSchema: {}}, async () => ({
    content: [{type: 'text', text: Object.keys(process.env).sort().join(' ')}],
  }));
  server.registerTool('folder', {description: 'Where it stands.', inputSchema: {}}, async () => ({
    content: [{type: 'text', text: process.cwd()}],
  }));
  return server;
}

// A server that does not end by itself, and leaves processes behind that are found by this mark.
const [mark] = process.argv.flatMap(argument => /^--stubborn=(\d+)$/.exec(argument)?.[1] ?? []);
if (mark !== undefined) {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGPIPE', 'SIGINT']) process.on(signal, () => {});
  setInterval(() => {}, 1000);
  process.stdout.on('error', () => {});
  spawn('sleep', [mark], {stdio: 'ignore'});
  spawn('sleep', [mark], {stdio: 'ignore', detached: true}).unref();
}

if (process.argv.includes('--http')) {
  const listener = createServer(async (request, response) => {
    const transport = new StreamableHTTPServerTransport({sessionIdGenerator: undefined});
    await makeServer(request.headers).connect(transport);
    await transport.handleRequest(request, response);
  });
  listener.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${listener.address().port}/mcp`));
} else {
  await makeServer().connect(new StdioServerTransport());
}
