import type {Client} from '@modelcontextprotocol/sdk/client/index.js';
import type {Transport} from '@modelcontextprotocol/sdk/shared/transport.js';
import {OrchestratorError} from '../../domain/errors.ts';
import type {McpServer, McpServers} from '../../domain/mcp-server.ts';
import {expandVariables} from '../../util/expand-path.ts';
import {programFile, searchPath} from '../../util/find-program.ts';
import {quoteText} from '../../util/quote-text.ts';
import {type Tool, ToolError} from './tool.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface McpPlaces {
  readonly env: Env;
  /** Each server that is a command gets a folder of its own in it, if nobody else can write there. */
  readonly folder: string;
}

export interface McpTools {
  readonly tools: readonly Tool[];
  close(): Promise<void>;
}

const startTimeoutMs = 30_000;
const callTimeoutMs = 120_000;
const maxTools = 200;
const maxCharacters = 40_000;

/**
 * Starts the operator's servers and gives their tools. Nothing of a repo decides what is started, with what, or where: a server gets the
 * variables that the configuration names and a folder of its own. Throws `OrchestratorError` for a server that cannot be reached.
 */
export async function openMcpTools(servers: McpServers, {env, folder}: McpPlaces): Promise<McpTools> {
  const clients: Client[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(clients.map(client => client.close()));
  };
  try {
    const tools: Tool[] = [];
    for (const [name, server] of Object.entries(servers)) {
      const client = await connect(name, server, {env, folder});
      clients.push(client);
      tools.push(...(await readTools(name, client)));
    }
    return {tools, close};
  } catch (error) {
    await close();
    throw error;
  }
}

async function connect(name: string, server: McpServer, places: McpPlaces): Promise<Client> {
  const {Client: McpClient} = await import('@modelcontextprotocol/sdk/client/index.js');
  const client = new McpClient({name: 'orchestrator', version: '1'});
  try {
    await client.connect(await openTransport(server, places), {timeout: startTimeoutMs});
    return client;
  } catch (error) {
    await client.close();
    const message = error instanceof Error ? error.message : String(error);
    throw new OrchestratorError('mcp-unavailable', `the MCP server "${name}" cannot be used: ${quoteText(message)}`, {
      hint: 'start it by hand to see what is wrong, or take it out of "mcp"',
      cause: error,
    });
  }
}

async function openTransport(server: McpServer, {env, folder}: McpPlaces): Promise<Transport> {
  if ('url' in server) {
    const {StreamableHTTPClientTransport} = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const headers = expandAll(server.headers ?? {}, env);
    // Its own declaration does not hold under exact optional properties.
    return new StreamableHTTPClientTransport(new URL(server.url), {requestInit: {headers}}) as Transport;
  }
  const basic = {PATH: searchPath(env), HOME: env['HOME'] ?? '', LANG: 'C.UTF-8'};
  const options = {
    command: server.command,
    places: [folder, env['HOME'], env['XDG_RUNTIME_DIR'], '/run'],
    env: {...basic, ...expandAll(server.env ?? {}, env)},
  };
  if (process.platform !== 'win32') return new (await import('./mcp-process.ts')).McpProcess(options);
  // There is no shell that could hold the leash.
  const {StdioClientTransport} = await import('@modelcontextprotocol/sdk/client/stdio.js');
  const [command = '', ...args] = server.command;
  return new StdioClientTransport({env: options.env, command: programFile(command, env), args, stderr: 'ignore'});
}

function expandAll(values: Readonly<Record<string, string>>, env: Env): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, expandVariables(value, env).text]));
}

async function readTools(server: string, client: Client): Promise<Tool[]> {
  const {tools} = await client.listTools({}, {timeout: startTimeoutMs});
  return tools.slice(0, maxTools).map(tool => {
    const name = `${server}_${tool.name}`.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64);
    return {
      name,
      description: (tool.description ?? '').slice(0, 2000),
      parameters: tool.inputSchema,
      // What it does is outside of the repo: a call that has an answer is not made again.
      mutates: false,
      call: (input, {signal, findSecrets}) => callTool(client, tool.name, input, signal, findSecrets),
    };
  });
}

async function callTool(
  client: Client,
  name: string,
  input: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  findSecrets: (path: string, text: string) => Promise<readonly {readonly rule: string}[]>,
): Promise<{text: string}> {
  const result = await client
    .callTool({name, arguments: input}, undefined, {timeout: callTimeoutMs, signal})
    .catch((error: unknown) => {
      signal.throwIfAborted();
      throw new ToolError(`the server failed: ${quoteText(error instanceof Error ? error.message : String(error))}`);
    });
  const text = textOf(result.content);
  if (result.isError) throw new ToolError(cut(text));
  const [found] = await findSecrets('answer.txt', text);
  return {
    text: found === undefined ? cut(text) : `[held back: the answer holds what looks like a secret (${found.rule})]`,
  };
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return '[no text]';
  const parts = content.map((part: {type?: unknown; text?: unknown}) =>
    part.type === 'text' && typeof part.text === 'string' ? part.text : `[${String(part.type)}, not shown]`,
  );
  return parts.join('\n');
}

function cut(text: string): string {
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters)}\n[cut: ${text.length} characters]` : text;
}
