import type {Socket} from 'node:net';
import {pipeline} from 'node:stream';
import {type Authority, formatAuthority} from './authority.ts';
import {looksLikeTls} from './client-hello.ts';
import {judgeFirstBytes} from './first-bytes.ts';
import {leave} from './leave.ts';
import {answerText, type Refusal} from './refusal.ts';
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
  pipeline(upstream, traffic.through(name, 'received'), client, error => {
    if (error) client.destroy();
  });
  let first = Buffer.alloc(0);
  const judge = (chunk: Buffer): void => {
    first = Buffer.concat([first, chunk]);
    const verdict = judgeFirstBytes(first, authority, helloBytes);
    if (verdict === 'more') return;
    client.off('data', judge);
    client.pause();
    if (verdict !== undefined) {
      onRefused(verdict);
      leave(client, looksLikeTls(first) ? tlsAlert : answerText(name, verdict));
      return;
    }
    const sent = traffic.through(name, 'sent');
    pipeline(client, sent, upstream, error => {
      if (error) upstream.destroy();
    });
    sent.write(first);
  };
  client.on('data', judge);
}
