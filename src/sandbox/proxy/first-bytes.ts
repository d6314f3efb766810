import type {Authority} from './authority.ts';
import {looksLikeTls, readClientHello} from './client-hello.ts';
import {Refusal} from './refusal.ts';

const tlsPort = 443;
/** So many show whether a request is one for a proxy. */
const shownBytes = 40;

/**
 * Judges what a command says first in a tunnel: undefined when it may be passed on, `more` while that cannot be told. TLS must ask for
 * the host of the tunnel, and nobody may go on to a further host through a proxy that listens there.
 */
export function judgeFirstBytes(
  bytes: Buffer,
  {host, port}: Authority,
  helloBytes: number,
): Refusal | 'more' | undefined {
  if (bytes.length === 0) return 'more';
  if (looksLikeTls(bytes)) return judgeHello(bytes, host, helloBytes);
  if (port === tlsPort) return new Refusal('what comes to port 443 is not TLS');
  return judgeRelay(bytes);
}

function judgeHello(bytes: Buffer, host: string, helloBytes: number): Refusal | 'more' | undefined {
  const hello = readClientHello(bytes);
  if (hello.kind === 'unreadable') return new Refusal(hello.why);
  if (hello.kind === 'incomplete')
    return bytes.length > helloBytes ? new Refusal(`a ClientHello of more than ${helloBytes} bytes`) : 'more';
  if (hello.name === undefined || hello.name.toLowerCase().replace(/\.$/, '') === host) return undefined;
  return new Refusal('TLS asks for another name than the tunnel');
}

/** `CONNECT`, a request for a whole address, SOCKS. */
function judgeRelay(bytes: Buffer): Refusal | 'more' | undefined {
  const refusal = new Refusal('a way through another proxy');
  if (bytes[0] === 4 || bytes[0] === 5) return refusal;
  const text = bytes
    .subarray(0, shownBytes)
    .toString('latin1')
    .replace(/^[\s\0]+/, '');
  if (/^CONNECT\s/i.test(text) || /^[A-Z]+\s+[a-z][a-z0-9+.-]*:\/\//i.test(text)) return refusal;
  const mayBecomeOne = text === '' || /^[A-Z]+(?:[ \t]+(?:[a-z][a-z0-9+.-]*(?::\/?)?)?)?$/i.test(text);
  return mayBecomeOne && bytes.length < shownBytes ? 'more' : undefined;
}
