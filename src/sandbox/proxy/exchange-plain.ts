import {type IncomingMessage, request as requestHttp, type ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import {pipeline} from 'node:stream';
import {type Authority, formatAuthority} from './authority.ts';
import {passedHeaders, valuesOf} from './plain-headers.ts';
import {Unreachable} from './refusal.ts';
import type {Traffic} from './traffic.ts';

interface PlainExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly authority: Authority;
  readonly path: string;
  readonly upstream: Socket;
}

/** Writes a request anew for the host, and its answer for the command; the connection to the host is for this one. */
export function exchangePlain(
  {request, response, authority, path, upstream}: PlainExchange,
  traffic: Traffic,
  onFault: (fault: Unreachable) => void,
): void {
  const name = formatAuthority(authority);
  const isChunked = valuesOf(request.rawHeaders, 'transfer-encoding').length > 0;
  const asked = requestHttp({
    createConnection: () => upstream,
    method: request.method,
    path,
    headers: {
      ...passedHeaders(request),
      host: name.replace(/:80$/, ''),
      connection: 'close',
      // Node gives a body no end where a method has none, and what follows in it would be a request of its own.
      ...(isChunked ? {'transfer-encoding': 'chunked'} : {}),
    },
    setHost: false,
    insecureHTTPParser: false,
  });
  const fail = (): void => {
    if (response.headersSent) response.destroy();
    else onFault(new Unreachable('its answer cannot be read'));
    upstream.destroy();
  };
  asked.once('error', fail);
  asked.once('response', answer => {
    answer.on('error', ignore);
    try {
      response.writeHead(answer.statusCode ?? 502, {...passedHeaders(answer), connection: 'close'});
    } catch {
      // A header that Node reads and would not write.
      fail();
      return;
    }
    traffic.count(name, 'received', sizeOf(answer));
    pipeline(answer, traffic.through(name, 'received'), response, ignore);
  });
  traffic.count(name, 'sent', path.length + sizeOf(request));
  pipeline(request, traffic.through(name, 'sent'), asked, ignore);
}

function sizeOf({rawHeaders}: IncomingMessage): number {
  return rawHeaders.reduce((bytes, text) => bytes + text.length, 0);
}

/** The error of the request itself tells what there is to tell. */
function ignore(): void {}
