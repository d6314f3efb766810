import type {Client} from '@modelcontextprotocol/sdk/client/index.js';
import type {Transport} from '@modelcontextprotocol/sdk/shared/transport.js';
import type {McpServer, McpServers} from '../../domain/mcp-server.ts';
import {expandVariables} from '../../util/expand-path.ts';
import {programFile, searchPath} from '../../util/find-program.ts';
import {quoteText} from '../../util/quote-text.ts';
import {McpLink} from './mcp-link.ts';
import {type Tool, ToolError} from './tool.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface McpPlaces {
  readonly env: Env;
  /** Each server that is a command gets a folder of its own in it, if nobody else can write there. */
  readonly folder: string;
}

export interface McpTools {
  readonly tools: readonly Tool[];
  /** Why a server cannot be used, by its name. */
  readonly faults: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

const startTimeoutMs = 30_000;
const maxCharacters = 40_000;

/**
 * Starts the operator's servers and gives their tools. Nothing of a repo decides what is started, with what, or where: a server gets the
 * variables that the configuration names and a folder of its own. One that cannot be reached is the trouble of the jobs that need it.
 */
export async function openMcpTools(servers: McpServers, places: McpPlaces): Promise<McpTools> {
  const links: McpLink[] = [];
  const faults = new Map<string, string>();
  const tools = await Promise.all(
    Object.entries(servers).map(async ([name, server]) => {
      const link = new McpLink(() => connect(server, places));
      links.push(link);
      try {
        return toTools(name, await link.tools(), link);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        faults.set(name, `the MCP server "${name}" cannot be used: ${quoteText(message)}`);
        return [];
      }
    }),
  );
  return {
    tools: tools.flat(),
    faults,
    async close() {
      await Promise.all(links.map(link => link.close()));
    },
  };
}

async function connect(server: McpServer, places: McpPlaces): Promise<Client> {
  const {Client: McpClient} = await import('@modelcontextprotocol/sdk/client/index.js');
  const client = new McpClient({name: 'orchestrator', version: '1'});
  try {
    await client.connect(await openTransport(server, places), {timeout: startTimeoutMs});
    return client;
  } catch (error) {
    await client.close();
    throw error;
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

/**
 * `mcp__tickets__find`, as other agents write it: no tool of ours begins so, and no name of a server has two underscores. What vendors do not
 * take in a name is replaced; two that are the same then are told apart by a number.
 */
function toTools(server: string, listed: Awaited<ReturnType<McpLink['tools']>>, link: McpLink): Tool[] {
  const taken = new Set<string>();
  return listed.map(tool => {
    const wanted = `mcp__${server}__${tool.name}`.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, maxName);
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted.slice(0, maxName - 4)}_${number}`;
    taken.add(name);
    return {
      name,
      description: (tool.description ?? '').slice(0, 2000),
      parameters: tool.inputSchema,
      // What it does is outside of the repo: a call that has an answer is not made again.
      mutates: false,
      async call(input, {signal, findSecrets}) {
        const result = await link.call(tool.name, input, signal);
        const text = textOf(result.content);
        if (result.isError) throw new ToolError(cut(text));
        const [found] = await findSecrets('answer.txt', text);
        return {
          text:
            found === undefined ? cut(text) : `[held back: the answer holds what looks like a secret (${found.rule})]`,
        };
      },
    };
  });
}

const maxName = 64;

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
