// A small MCP server: by itself over standard input and output, with --http over HTTP. What it was started with, it tells.
import {spawn} from 'node:child_process';
import {existsSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {McpServer} from '@modelcontextprotocol/sdk/server/mcp.js';
import {StdioServerTransport} from '@modelcontextprotocol/sdk/server/stdio.js';
import {StreamableHTTPServerTransport} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {CallToolRequestSchema, ListToolsRequestSchema} from '@modelcontextprotocol/sdk/types.js';
import {z} from 'zod';

function makePages() {
  const {server} = new McpServer({name: 'pages', version: '1'}, {capabilities: {tools: {}}});
  const tool = name => ({name, inputSchema: {type: 'object'}});
  server.setRequestHandler(ListToolsRequestSchema, ({params}) =>
    params?.cursor === '2' ? {tools: [tool('a.b'), tool('a_b')]} : {tools: [tool('file')], nextCursor: '2'},
  );
  server.setRequestHandler(CallToolRequestSchema, ({params}) => ({
    content: [{type: 'text', text: `called ${params.name}`}],
  }));
  return server;
}

function makeFragile() {
  const server = new McpServer({name: 'fragile', version: '1'});
  let count = 0;
  server.registerTool('crash', {inputSchema: {}}, () => process.exit(3));
  server.registerTool('count', {inputSchema: {}}, async () => ({content: [{type: 'text', text: String(++count)}]}));
  server.registerTool('sleep', {inputSchema: {}}, async () => {
    // The first call of all lasts until its caller is killed.
    if (!existsSync(process.env.MARK)) {
      writeFileSync(process.env.MARK, '');
      await new Promise(() => {});
    }
    return {content: [{type: 'text', text: 'rested'}]};
  });
  return server;
}

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
  if (process.argv.includes('--folder'))
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
  const make = process.argv.includes('--pages')
    ? makePages
    : process.argv.includes('--fragile')
      ? makeFragile
      : makeServer;
  await make().connect(new StdioServerTransport());
}
