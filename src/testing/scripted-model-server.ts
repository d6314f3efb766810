import {createHash} from 'node:crypto';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {
  type Dialect,
  dialectOf,
  type Finish,
  type ParsedRequest,
  parseRequest,
  renderError,
  renderReply,
  type ScriptedCall,
  type Tokens,
} from './model-dialects.ts';
import {createScriptedBatches, type ScriptedBatches} from './scripted-batches.ts';

/** A request as it came. */
export interface RecordedRequest extends ParsedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Calls in flight, this one included. */
  readonly inFlight: number;
}

interface Reply {
  readonly text: string;
  readonly toolCalls?: readonly ScriptedCall[];
  /** Default `stop`, with tool calls `tool-use`. */
  readonly finish?: Finish;
  /** A word of the dialect instead of `finish`. */
  readonly rawFinish?: string;
  /** Default: a fourth of the characters, and a cache that knows each system text from its second call on. */
  readonly tokens?: Partial<Tokens>;
  readonly delayMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

type Fault =
  | {
      readonly fault: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly type?: string;
      readonly message?: string;
    }
  /** Any answer at all: HTML, half a JSON, wrong types. */
  | {
      readonly fault: 'raw';
      readonly body: string | Buffer;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The connection is reset before an answer. */
  | {readonly fault: 'reset'}
  /** The answer ends after so many bytes of its body. */
  | {readonly fault: 'cut'; readonly afterBytes: number; readonly text?: string}
  /** The answer stops after so many bytes of its body, or before its head, and the connection stays open. */
  | {readonly fault: 'stall'; readonly afterBytes?: number; readonly text?: string}
  | {readonly fault: 'drip'; readonly bytes: number; readonly everyMs: number; readonly text: string}
  | {readonly fault: 'flood'; readonly bytes: number}
  /** Bytes that are not HTTP. */
  | {readonly fault: 'garbage'};

export type ScriptedAnswer = string | Reply | Fault;
type Answerer = ScriptedAnswer | ((request: RecordedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>);
type Match = string | RegExp | ((request: RecordedRequest) => boolean);

export interface ScriptedModelServer extends AsyncDisposable {
  /** Without a version part: `http://127.0.0.1:4010`. */
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  readonly requestCount: number;
  readonly inFlight: number;
  readonly maxInFlight: number;
  readonly batches: ScriptedBatches;
  /** Lines for calls whose prompt holds (or satisfies) `match`, each used once, in order. Looked at before `reply`. */
  script(match: Match, ...answers: Answerer[]): void;
  /** What every call gets that no line is for. Replaces the one before. */
  reply(answer: Answerer): void;
  readonly unusedLines: readonly string[];
  readonly unscriptedCalls: readonly string[];
  /** Throws when a call came that nobody scripted, or a line was left over. Disposing does it too, unless `strict` is false. */
  verify(): void;
}

interface ServerOptions {
  readonly port?: number;
  readonly latencyMs?: number;
  /** Default true. */
  readonly strict?: boolean;
  /** False keeps counts only, for thousands of calls; default true. */
  readonly record?: boolean;
}

/** A real HTTP server that speaks Anthropic Messages, OpenAI Chat Completions and Responses, and Gemini, and says what it was told to say. */
export async function startScriptedModelServer(options: ServerOptions = {}): Promise<ScriptedModelServer> {
  const requests: RecordedRequest[] = [];
  const lines: {match: Match; answers: Answerer[]}[] = [];
  const unscripted: string[] = [];
  const seenSystems = new Set<string>();
  let general: Answerer | undefined;
  let count = 0;
  let inFlight = 0;
  let maxInFlight = 0;

  const batches = createScriptedBatches(async (path, body) => {
    // By HTTP, so that what is asked in batches is scripted, answered and recorded as every other call.
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
      method: 'POST',
      headers: {'x-in-batch': 'yes'},
      body,
    });
    return {status: answer.status, text: await answer.text()};
  });

  const handle = async (request: IncomingMessage, response: ServerResponse, body: string): Promise<void> => {
    const path = request.url ?? '';
    const batched = await batches.handle({method: request.method ?? '', path, headers: request.headers, body});
    if (batched?.reset === true) return void request.socket.resetAndDestroy();
    if (batched !== undefined) return sendBody(response, batched.status, batched.body);
    const dialect = dialectOf(path);
    if (dialect === undefined) {
      unscripted.push(`${request.method} ${path}`);
      return sendBody(response, 404, JSON.stringify({error: {message: `no such address: ${path}`}}));
    }
    const recorded: RecordedRequest = {
      ...parseRequest(dialect, path, body),
      method: request.method ?? '',
      path,
      headers: request.headers,
      body,
      at: Date.now(),
      inFlight,
    };
    if (options.record !== false) requests.push(recorded);
    const answerer = takeLine(lines, recorded) ?? general;
    if (answerer === undefined) {
      unscripted.push(`${path} ${recorded.prompt.slice(0, 80)}`);
      const message = 'nobody scripted this call';
      return sendBody(response, 400, JSON.stringify(renderError(dialect, 400, undefined, message)));
    }
    const answer = typeof answerer === 'function' ? await answerer(recorded) : answerer;
    const id = String(++count);
    const delayMs =
      (typeof answer === 'object' && 'delayMs' in answer ? answer.delayMs : undefined) ?? options.latencyMs ?? 0;
    if (delayMs > 0) await new Promise(resolve => setTimeout(resolve, delayMs));
    const render = (reply: Reply): string => {
      const tokens = {...countTokens(recorded, reply.text, seenSystems), ...reply.tokens};
      const {text, toolCalls} = reply;
      const finish = reply.finish ?? (toolCalls === undefined ? 'stop' : 'tool-use');
      const raw = reply.rawFinish === undefined ? {} : {rawFinish: reply.rawFinish};
      const calls = toolCalls === undefined ? {} : {toolCalls};
      return JSON.stringify(renderReply(dialect, {id, model: recorded.model, text, finish, ...raw, ...calls, tokens}));
    };
    await give(request, response, dialect, answer, render);
  };

  const server = createServer((request, response) => {
    inFlight += 1;
    maxInFlight = Math.max(maxInFlight, inFlight);
    response.on('close', () => {
      inFlight -= 1;
    });
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      handle(request, response, Buffer.concat(chunks).toString()).catch(error => {
        unscripted.push(String(error));
        sendBody(response, 500, JSON.stringify({error: {message: String(error)}}));
      });
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>(resolve => server.listen(options.port ?? 0, '127.0.0.1', resolve));

  const unusedLines = (): string[] => lines.flatMap(({match, answers}) => answers.map(() => String(match)));
  const verify = (): void => {
    if (unscripted.length > 0) throw new Error(`calls nobody scripted:\n${unscripted.join('\n')}`);
    if (unusedLines().length > 0) throw new Error(`script lines nobody used:\n${unusedLines().join('\n')}`);
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get requestCount() {
      return count;
    },
    get inFlight() {
      return inFlight;
    },
    get maxInFlight() {
      return maxInFlight;
    },
    batches,
    script: (match, ...answers) => {
      lines.push({match, answers});
    },
    reply: answer => {
      general = answer;
    },
    get unusedLines() {
      return unusedLines();
    },
    unscriptedCalls: unscripted,
    verify,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
      if (options.strict !== false) verify();
    },
  };
}

function takeLine(lines: {match: Match; answers: Answerer[]}[], request: RecordedRequest): Answerer | undefined {
  for (const {match, answers} of lines) {
    if (answers.length > 0 && matches(match, request)) return answers.shift();
  }
  return undefined;
}

function matches(match: Match, request: RecordedRequest): boolean {
  if (typeof match === 'string') return request.prompt.includes(match);
  return match instanceof RegExp ? match.test(request.prompt) : match(request);
}

function countTokens({model, system, prompt, cached}: RecordedRequest, text: string, seenSystems: Set<string>): Tokens {
  const shared = Math.ceil(system.length / 4);
  const digest = createHash('sha1').update(model).update(system).digest('base64');
  const known = cached && seenSystems.has(digest);
  if (cached) seenSystems.add(digest);
  return {
    input: shared + Math.ceil(prompt.length / 4),
    output: Math.ceil(text.length / 4),
    cacheRead: known ? shared : 0,
    cacheWrite: cached && !known ? shared : 0,
  };
}

async function give(
  request: IncomingMessage,
  response: ServerResponse,
  dialect: Dialect,
  answer: ScriptedAnswer,
  render: (reply: Reply) => string,
): Promise<void> {
  if (typeof answer === 'string') return sendBody(response, 200, render({text: answer}));
  if (!('fault' in answer)) return sendBody(response, 200, render(answer), answer.headers);
  switch (answer.fault) {
    case 'status': {
      const body = renderError(dialect, answer.status, answer.type, answer.message ?? `status ${answer.status}`);
      return sendBody(response, answer.status, JSON.stringify(body), answer.headers);
    }
    case 'raw':
      return sendBody(response, answer.status ?? 200, answer.body, answer.headers);
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'garbage':
      request.socket.end('SSH-2.0-OpenSSH_9.6\r\n');
      return;
    case 'cut':
    case 'stall': {
      if (answer.afterBytes === undefined) return;
      const body = Buffer.from(render({text: answer.text ?? '# Cut\n'}));
      response.writeHead(200, {'content-type': 'application/json', 'content-length': body.length});
      response.write(body.subarray(0, answer.afterBytes), () => {
        if (answer.fault === 'cut') request.socket.destroy();
      });
      return;
    }
    case 'drip': {
      const body = Buffer.from(render({text: answer.text}));
      response.writeHead(200, {'content-type': 'application/json', 'content-length': body.length});
      for (let at = 0; at < body.length && !response.destroyed; at += answer.bytes) {
        response.write(body.subarray(at, at + answer.bytes));
        await new Promise(resolve => setTimeout(resolve, answer.everyMs));
      }
      response.end();
      return;
    }
    case 'flood': {
      response.writeHead(200, {'content-type': 'application/json'});
      const block = Buffer.alloc(64 * 1024, ' ');
      for (let sent = 0; sent < answer.bytes && !response.destroyed; sent += block.length) {
        if (!response.write(block)) await drained(response);
      }
      response.end();
      return;
    }
    default:
      answer satisfies never;
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

function sendBody(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

const fixedAnswer = `# Project

A project that a scripted model server described without looking at it.

## Use

Read the files, then run them.
`;

// By hand and for benchmarks: node src/testing/scripted-model-server.ts --port 0 --latency-ms 1000
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const {values} = parseArgs({
    options: {port: {type: 'string', default: '0'}, 'latency-ms': {type: 'string', default: '0'}},
  });
  const server = await startScriptedModelServer({
    port: Number(values.port),
    latencyMs: Number(values['latency-ms']),
    record: false,
  });
  server.reply(fixedAnswer);
  process.stdout.write(`${server.url}\n`);
}
