// Runs inside the sandbox, beside attacks.ts: nothing but Node's own modules may be imported here.
import {createSocket} from 'node:dgram';
import {lookup, resolve4} from 'node:dns/promises';
import {connect, isIP} from 'node:net';
import type {Bait, Try} from './attacks.ts';

/** What of the list is named, and what of the same host is not. */
export interface NamedBait {
  readonly host: string;
  readonly port: number;
  readonly otherPort: number;
}

/** Each asks the proxy for what it must refuse, or tries to get past it. Silence is no refusal: then nothing has been tried. */
export function proxyAttacks(bait: Bait, named: NamedBait): Record<string, Try> {
  const {tcpPort, tcp6Port = tcpPort, addresses} = bait;
  const host = isIP(named.host) === 6 ? `[${named.host}]` : named.host;
  const tunnel = (target: string): Try => refused(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  const plain = (url: string, ...headers: string[]): Try =>
    refused(`${[`GET ${url} HTTP/1.1`, ...headers].join('\r\n')}\r\n\r\n`);
  const ownPort = new URL(process.env['HTTP_PROXY'] ?? 'http://127.0.0.1:1').port;
  return {
    'proxy: loopback': tunnel(`127.0.0.1:${tcpPort}`),
    'proxy: loopback by name': tunnel(`localhost:${tcpPort}`),
    'proxy: loopback over IPv6': tunnel(`[::1]:${tcp6Port}`),
    'proxy: loopback, mapped': tunnel(`[::ffff:127.0.0.1]:${tcpPort}`),
    'proxy: loopback, one number': tunnel(`2130706433:${tcpPort}`),
    'proxy: no address': tunnel(`0.0.0.0:${tcpPort}`),
    'proxy: address of the host': tunnel(`${addresses[0] ?? '192.0.2.1'}:${tcpPort}`),
    'proxy: metadata of the cloud': tunnel('169.254.169.254:80'),
    'proxy: host that is not named': tunnel('orchestrator-probe.invalid:443'),
    'proxy: another port': tunnel(`${host}:${named.otherPort}`),
    'proxy: user before the host': tunnel(`${host}@127.0.0.1:${tcpPort}`),
    'proxy: through itself': tunnel(`127.0.0.1:${ownPort}`),
    'proxy: plain HTTP': plain(`http://127.0.0.1:${tcpPort}/`, `Host: 127.0.0.1:${tcpPort}`),
    'proxy: plain HTTP with another Host': plain(`http://${host}/`, `Host: 127.0.0.1:${tcpPort}`),
    'proxy: plain HTTP to another address': plain(`http://127.0.0.1:${tcpPort}/`, `Host: ${host}`),
    'proxy: two lengths': plain(`http://${host}/`, `Host: ${host}`, 'Content-Length: 1', 'Transfer-Encoding: chunked'),
    'proxy: another protocol': plain(`http://${host}/`, `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket'),
    'TCP past the proxy': () => past(named),
    'UDP past the proxy': () => sendPast(named.host, bait.canary),
    'name past the proxy': async () => (await lookup('example.com')).address,
    'name server past the proxy': async () => (await resolve4('example.com'))[0],
  };
}

const answerMs = 5000;

function refused(request: string): Try {
  return async () => {
    const line = await firstLine(request);
    return line.startsWith('HTTP/1.1 403 ') ? false : `answer ${JSON.stringify(line.slice(0, 80))}`;
  };
}

/** What the proxy says to it; why it says nothing, otherwise. */
function firstLine(request: string): Promise<string> {
  const {hostname, port} = new URL(process.env['HTTP_PROXY'] ?? 'http://127.0.0.1:1');
  return new Promise(done => {
    const socket = connect({host: hostname, port: Number(port), timeout: answerMs}, () => socket.write(request));
    const end = (said: string): void => {
      socket.destroy();
      done(said);
    };
    socket.once('data', (chunk: Buffer) => end(chunk.toString('latin1').split('\r\n')[0] ?? ''));
    socket.once('error', error => end(error.message));
    socket.once('timeout', () => end('no answer'));
    socket.once('close', () => end('closed'));
  });
}

function past({host, port}: NamedBait): Promise<string> {
  return new Promise((done, reject) => {
    const socket = connect({host, port, timeout: answerMs}, () => done(`connected to ${host}`));
    socket.once('error', reject);
    socket.once('timeout', () => reject(new Error('timeout')));
  });
}

function sendPast(host: string, text: string): Promise<string | false> {
  // That is this sandbox, where nobody listens.
  if (/^127\.|^::1$/.test(host)) return Promise.resolve(false);
  return new Promise((done, reject) => {
    const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.send(text, 443, host, error => {
      socket.close();
      if (error === null) done(`sent to ${host}`);
      else reject(error);
    });
  });
}
