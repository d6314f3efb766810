import type {Socket} from 'node:net';
import {pipeline} from 'node:stream';
import {type Authority, formatAuthority} from './authority.ts';
import {looksLikeTls} from './client-hello.ts';
import {judgeFirstBytes} from './first-bytes.ts';
import {leave} from './leave.ts';
import {answerText, type Refusal} from './refusal.ts';
import {guardSecondHello, lengthOfHello} from './second-hello.ts';
import type {Traffic} from './traffic.ts';

interface Tunnel {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly authority: Authority;
}

/** The fatal alert `unrecognized_name`, for a client that waits for TLS. */
const tlsAlert = Buffer.from([21, 3, 1, 0, 2, 2, 112]);

/** Passes bytes on as they are, in both directions, once the first ones have shown where they go. */
export function joinTunnel(
  {client, upstream, authority}: Tunnel,
  traffic: Traffic,
  helloBytes: number,
  onRefused: (refusal: Refusal) => void,
): void {
  const name = formatAuthority(authority);
  const judge = (bytes: Buffer) => judgeFirstBytes(bytes, authority, helloBytes);
  const guard = guardSecondHello(judge, onRefused);
  const received = traffic.through(name, 'received');
  let first = Buffer.alloc(0);
  pipeline(upstream, guard.fromServer, received, client, error => {
    if (error) client.destroy();
  });
  const look = (chunk: Buffer): void => {
    first = Buffer.concat([first, chunk]);
    const verdict = judge(first);
    if (verdict === 'more') return;
    client.off('data', look);
    client.pause();
    const isTls = looksLikeTls(first);
    if (verdict !== undefined) {
      onRefused(verdict);
      leave(client, isTls ? tlsAlert : answerText(name, verdict));
      return;
    }
    const sent = traffic.through(name, 'sent');
    const done = (error?: Error | null): void => {
      if (error) upstream.destroy();
    };
    if (!isTls) {
      pipeline(client, sent, upstream, done);
      sent.write(first);
      return;
    }
    const length = lengthOfHello(first);
    if (first.length > length) client.unshift(first.subarray(length));
    pipeline(client, guard.fromClient, sent, upstream, done);
    sent.write(first.subarray(0, length));
  };
  client.on('data', look);
}
