import {
  type ClientRequest,
  Agent as HttpAgent,
  type AgentOptions as HttpAgentOptions,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import {Agent as HttpsAgent, request as httpsRequest} from 'node:https';

export interface HttpPost {
  readonly url: string;
  /** Default POST. */
  readonly method?: 'GET' | 'PATCH' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Asks once and reads the whole answer, whatever its status. Follows no redirect. Throws `PostError`, or the signal's reason. */
export type Post = (call: HttpPost) => Promise<HttpAnswer>;

/** Why there is no answer: no connection, silence, an end in the middle, or something that cannot be an answer. */
export class PostError extends Error {
  readonly kind: 'unreachable' | 'timeout' | 'cut' | 'malformed';

  constructor(kind: PostError['kind'], message: string) {
    super(message);
    this.name = 'PostError';
    this.kind = kind;
  }
}

interface PostLimits {
  /** Default 20 s. */
  readonly connectTimeoutMs?: number;
  /**
   * How long the body may stand still; default 60 s. The wait for the head is bounded by the signal, and by the TCP probes that
   * `keepAlive` turns on: they tell a peer that is gone (about 11 s) from a model that thinks.
   */
  readonly bodyIdleMs?: number;
  /** Default 20 MiB. */
  readonly maxBodyBytes?: number;
}

/**
 * Not the global `fetch`: that gives up after 300 s without a head, and a long answer that is not streamed has none before it is complete.
 * Idle connections are kept, in any number, and do not keep the process alive.
 */
export function createPost(env: Readonly<Record<string, string | undefined>>, limits: PostLimits = {}): Post {
  const {connectTimeoutMs = 20_000, bodyIdleMs = 60_000, maxBodyBytes = 20 * 1024 * 1024} = limits;
  // As Node itself: proxy variables count only with NODE_USE_ENV_PROXY=1.
  const options: HttpAgentOptions = {
    keepAlive: true,
    maxFreeSockets: 256,
    ...(env['NODE_USE_ENV_PROXY'] === '1' ? {proxyEnv: {...env}} : {}),
  };
  const agents = {http: new HttpAgent(options), https: new HttpsAgent(options)};

  return call =>
    new Promise((resolve, reject) => {
      const url = new URL(call.url);
      const payload = Buffer.from(call.body);
      const place = url.host;
      const secure = url.protocol === 'https:';
      let connectTimer: NodeJS.Timeout | undefined;
      let idleTimer: NodeJS.Timeout | undefined;

      const finish = (act: () => void): void => {
        clearTimeout(connectTimer);
        clearTimeout(idleTimer);
        call.signal.removeEventListener('abort', onAbort);
        act();
      };
      const fail = (error: unknown): void => {
        finish(() => reject(error));
        request.destroy();
      };
      const onAbort = (): void => fail(call.signal.reason);

      const request: ClientRequest = (secure ? httpsRequest : httpRequest)(url, {
        method: call.method ?? 'POST',
        agent: secure ? agents.https : agents.http,
        headers: {...call.headers, ...(call.method === 'GET' ? {} : {'content-length': String(payload.length)})},
      });
      request.on('socket', socket => {
        if (!socket.connecting) return;
        connectTimer = setTimeout(
          () => fail(new PostError('unreachable', `no connection to ${place} within ${connectTimeoutMs / 1000} s`)),
          connectTimeoutMs,
        );
        socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connectTimer));
      });
      request.on('error', (error: NodeJS.ErrnoException) => fail(errorBeforeHead(error, place)));
      request.on('response', response => {
        clearTimeout(connectTimer);
        const chunks: Buffer[] = [];
        let size = 0;
        let lastByteAt = performance.now();
        const watchIdle = (afterMs: number): void => {
          idleTimer = setTimeout(() => {
            const left = bodyIdleMs - (performance.now() - lastByteAt);
            if (left > 0) return watchIdle(left);
            fail(
              new PostError('timeout', `${place} sent nothing for ${bodyIdleMs / 1000} s in the middle of its answer`),
            );
          }, afterMs);
        };
        watchIdle(bodyIdleMs);
        response.on('data', (chunk: Buffer) => {
          lastByteAt = performance.now();
          size += chunk.length;
          if (size > maxBodyBytes) {
            return fail(new PostError('malformed', `the answer of ${place} is larger than ${maxBodyBytes} bytes`));
          }
          chunks.push(chunk);
        });
        response.on('error', () =>
          fail(new PostError('cut', `the connection to ${place} ended in the middle of its answer`)),
        );
        response.on('end', () => {
          if (!response.complete) {
            return fail(new PostError('cut', `the connection to ${place} ended in the middle of its answer`));
          }
          const text = decode(response, chunks);
          if (text === undefined) {
            return fail(new PostError('malformed', `the answer of ${place} is not text in UTF-8`));
          }
          finish(() => resolve({status: response.statusCode ?? 0, headers: plainHeaders(response), text}));
        });
      });
      if (call.signal.aborted) return onAbort();
      call.signal.addEventListener('abort', onAbort, {once: true});
      request.end(call.method === 'GET' ? undefined : payload);
    });
}

function errorBeforeHead(error: NodeJS.ErrnoException, place: string): PostError {
  const code = error.code ?? 'no code';
  if (code.startsWith('HPE_')) return new PostError('malformed', `what ${place} answered is not HTTP (${code})`);
  return new PostError('unreachable', `no connection to ${place}, or it was closed before an answer (${code})`);
}

function decode(response: IncomingMessage, chunks: readonly Buffer[]): string | undefined {
  const encoding = response.headers['content-encoding'];
  // None was asked for.
  if (encoding !== undefined && encoding !== 'identity') return undefined;
  try {
    return utf8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  } catch {
    return undefined;
  }
}

function plainHeaders(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

const utf8 = new TextDecoder('utf-8', {fatal: true});
