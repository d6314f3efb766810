import {timingSafeEqual} from 'node:crypto';
import type {IncomingMessage} from 'node:http';

export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415;
  readonly text: string;
}

/** Largest body of a request, bytes. */
export const maxBodyBytes = 64 * 1024;

export const metricsPath = '/api/metrics';

/**
 * Whether a request comes from our own page in the browser of the person who started it. A page of another site can send
 * requests to loopback too, under its own name or a name that it points at us: exact Host, exact Origin and the token stop it.
 */
export function refuse(
  request: IncomingMessage,
  own: {readonly host: string; readonly token: string; readonly metricsToken?: string | undefined},
): Refusal | undefined {
  const {headers, method = '', url = ''} = request;
  if (headers.host !== own.host) return {status: 403, text: `this page answers to http://${own.host} only`};
  const {origin} = headers;
  if (origin !== undefined && origin !== `http://${own.host}`) return {status: 403, text: 'refused: another origin'};
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return {status: 403, text: 'refused: another site'};
  if (!isPlainPath(url)) return {status: 400, text: 'refused: this is no path of the page'};
  if (!url.startsWith('/api/')) {
    return method === 'GET' || method === 'HEAD' ? undefined : {status: 405, text: 'refused: only GET'};
  }
  const isMonitor = method === 'GET' && url === metricsPath && own.metricsToken !== undefined;
  const isKnown =
    isToken(headers.authorization, own.token) || (isMonitor && isToken(headers.authorization, own.metricsToken ?? ''));
  if (!isKnown) return {status: 401, text: 'refused: the token is missing or wrong'};
  if (method === 'GET') return undefined;
  if (method !== 'POST') return {status: 405, text: 'refused: only GET and POST'};
  if (origin === undefined) return {status: 403, text: 'refused: no origin'};
  if (headers['content-type'] !== 'application/json') return {status: 415, text: 'refused: only application/json'};
  if (Number(headers['content-length'] ?? 0) > maxBodyBytes) return {status: 413, text: 'refused: too large'};
  return undefined;
}

/** Only what our own links are made of; nothing that could mean another place once it is decoded. */
function isPlainPath(url: string): boolean {
  const [path = '', query = ''] = splitOnce(url, '?');
  return (
    /^\/(?:[\w.-]+(?:\/[\w.-]+)*)?$/.test(path) &&
    !path.includes('..') &&
    /^[\w.~%&=+*-]*$/.test(query) &&
    url.length < 2048
  );
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function isToken(authorization: string | undefined, token: string): boolean {
  const sent = Buffer.from(authorization ?? '');
  const expected = Buffer.from(`Bearer ${token}`);
  return sent.length === expected.length && timingSafeEqual(sent, expected);
}
