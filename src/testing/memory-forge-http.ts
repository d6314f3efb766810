import type {IncomingMessage, ServerResponse} from 'node:http';

/** What came to a forge, whole. */
export interface ForgeRequest {
  readonly method: string;
  /** Without the query; escapes as they came. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface ForgeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): ForgeAnswer {
  return {
    status,
    headers: {'content-type': 'application/json; charset=utf-8', ...headers},
    body: JSON.stringify(value),
  };
}

export function readObject(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? {...value} : {};
  } catch {
    return {};
  }
}

/** Without a body when its sender is gone before the end. */
export async function readRequest(incoming: IncomingMessage, now = Date.now): Promise<ForgeRequest> {
  const {pathname, searchParams} = new URL(incoming.url ?? '/', 'http://forge');
  const {method = 'GET', headers} = incoming;
  const body = await readBody(incoming).catch(() => Buffer.alloc(0));
  return {method, path: pathname, query: searchParams, headers, body, at: now()};
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function send(response: ServerResponse, {status, headers = {}, body}: ForgeAnswer): void {
  response.writeHead(status, headers);
  response.end(body);
}
