import type {IncomingMessage} from 'node:http';
import {type Authority, formatAuthority, readAuthority} from './authority.ts';
import {valuesOf} from './plain-headers.ts';
import {Refusal} from './refusal.ts';

export const plainPort = 80;

export interface PlainTarget {
  readonly authority: Authority;
  /** As it is asked of the host: `/path?query`. */
  readonly path: string;
}

type Request = Pick<IncomingMessage, 'url' | 'rawHeaders' | 'headers'>;

/** Where a `CONNECT` goes. */
export function readConnect({url = ''}: Request): Authority {
  const authority = readAuthority(url);
  if (authority === undefined) throw new Refusal('CONNECT takes "host:port" and nothing else');
  return authority;
}

/** Where a request in plain HTTP goes; `tunnel` is what the connection was made to, when it goes through a tunnel. */
export function readPlain(request: Request, tunnel: Authority | undefined): PlainTarget {
  const target = tunnel === undefined ? readAbsolute(request.url ?? '') : readInTunnel(request.url ?? '', tunnel);
  if (target.authority.port !== plainPort)
    throw new Refusal('plain http:// is passed on to port 80 only; to other ports there is CONNECT', []);
  const hosts = valuesOf(request.rawHeaders, 'host');
  const said = hosts.length === 1 ? readAuthority(hosts[0]!, plainPort) : undefined;
  if (said === undefined || formatAuthority(said) !== formatAuthority(target.authority))
    throw new Refusal('"Host" is not the host of the address');
  if (valuesOf(request.rawHeaders, 'upgrade').length > 0) throw new Refusal('no other protocol than HTTP is passed on');
  const codings = valuesOf(request.rawHeaders, 'transfer-encoding');
  if (codings.some(coding => coding.trim().toLowerCase() !== 'chunked') || codings.length > 1)
    throw new Refusal('no other "Transfer-Encoding" than "chunked" is passed on');
  return target;
}

function readAbsolute(url: string): PlainTarget {
  if (/^https:/i.test(url)) throw new Refusal('https:// goes through CONNECT');
  const [, text, rest = ''] = /^http:\/\/([^/?#]*)([/?][^#]*)?$/i.exec(url) ?? [];
  const authority = text === undefined ? undefined : readAuthority(text, plainPort);
  if (authority === undefined) throw new Refusal('a request takes "http://host/path" and nothing else');
  return {authority, path: rest.startsWith('/') ? rest : `/${rest}`};
}

function readInTunnel(url: string, authority: Authority): PlainTarget {
  if (!/^\/[^#]*$/.test(url)) throw new Refusal('a request in a tunnel takes "/path" and nothing else');
  return {authority, path: url};
}
