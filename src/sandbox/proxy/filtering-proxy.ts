import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {Server as NetServer, Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import {NetworkCounter} from '../../domain/network-use.ts';
import {AllowedHosts} from './allowed-hosts.ts';
import {type Authority, formatAuthority} from './authority.ts';
import {connectChecked, type Outside, realOutside} from './connect-checked.ts';
import {exchangePlain} from './exchange-plain.ts';
import {joinTunnel} from './join-tunnel.ts';
import {leave} from './leave.ts';
import {type ProxyLimits, proxyLimits} from './limits.ts';
import {plainPort, readConnect, readPlain} from './read-target.ts';
import {answerText, Refusal, Unreachable} from './refusal.ts';
import {Traffic} from './traffic.ts';

export interface ProxyOptions {
  readonly limits?: Partial<ProxyLimits>;
  readonly outside?: Outside;
}

const unreadable: Readonly<Record<string, string | undefined>> = {
  HPE_HEADER_OVERFLOW: 'its headers are too long',
  ERR_HTTP_REQUEST_TIMEOUT: 'its request does not come to an end',
};

/**
 * A proxy that passes on to the hosts of a list and to nothing else: `CONNECT`, and plain HTTP to port 80. One request a connection.
 * Everything that asks is hostile.
 */
export class FilteringProxy {
  readonly #hosts: AllowedHosts;
  readonly #limits: ProxyLimits;
  readonly #outside: Outside;
  readonly #counter = new NetworkCounter();
  readonly #traffic: Traffic;
  readonly #sockets = new Set<Duplex>();
  readonly #asked = new WeakSet<Duplex>();
  readonly #refused = new WeakSet<Duplex>();
  readonly #tunnels = new WeakMap<Duplex, {readonly authority: Authority; readonly upstream: Socket}>();
  readonly #server: Server;
  /** Reads plain HTTP that comes through a tunnel. */
  readonly #inTunnels: Server;

  /** Throws `SandboxError` on an entry that cannot be read. */
  constructor(entries: readonly string[], {limits, outside = realOutside}: ProxyOptions = {}) {
    this.#hosts = new AllowedHosts(entries);
    this.#limits = {...proxyLimits, ...limits};
    this.#outside = outside;
    this.#traffic = new Traffic(this.#counter, this.#limits, () => this.#cutAll());
    this.#server = this.#createServer();
    // Who is one too many is told so, as long as these are not too many themselves.
    this.#server.maxConnections = 4 * this.#limits.connections;
    this.#server.on('drop', () => this.#note('', new Refusal('far too many connections at once')));
    this.#server.on('connection', socket => this.#admit(socket));
    this.#server.on('connect', (request, socket, head) => void this.#openTunnel(request, socket, head));
    this.#inTunnels = this.#createServer();
    this.#inTunnels.on('connect', (_request, socket) => this.#refuse(socket, '', new Refusal('a tunnel in a tunnel')));
  }

  /** Whatever connects to this server is served. Resolves when that has begun. */
  listen(at: NetServer | {readonly port: number; readonly host: string}): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(at, () => resolve());
    });
  }

  address(): ReturnType<Server['address']> {
    return this.#server.address();
  }

  get record(): NetworkCounter['record'] {
    return this.#counter.record;
  }

  close(): void {
    this.#server.close();
    this.#cutAll();
  }

  #createServer(): Server {
    const server = createServer({
      maxHeaderSize: this.#limits.headerBytes,
      headersTimeout: this.#limits.startMs,
      requestTimeout: 0,
      connectionsCheckingInterval: 1000,
      insecureHTTPParser: false,
      requireHostHeader: false,
    });
    server.timeout = this.#limits.idleMs;
    const passOn = (request: IncomingMessage, response: ServerResponse) => void this.#passOn(request, response);
    server.on('request', passOn);
    // Otherwise Node answers by itself.
    server.on('checkExpectation', passOn);
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const why =
        unreadable[error.code ?? ''] ?? (error.code?.startsWith('HPE_') ? 'a request that cannot be read' : '');
      if (why === '') socket.destroy();
      else this.#refuse(socket, '', new Refusal(why));
    });
    return server;
  }

  #admit(socket: Socket): void {
    socket.on('error', ignore);
    if (this.#sockets.size >= this.#limits.connections) {
      this.#refuse(socket, '', new Refusal(`more than ${this.#limits.connections} connections at once`));
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #openTunnel(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', ignore);
    const client = socket as Socket;
    client.setTimeout(this.#limits.idleMs, () => client.destroy());
    try {
      this.#assertFirst(client);
      const authority = readConnect(request);
      const upstream = await this.#reach(authority, client);
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) client.unshift(head);
      if (authority.port === plainPort) {
        this.#tunnels.set(client, {authority, upstream});
        this.#asked.delete(client);
        this.#inTunnels.emit('connection', client);
        return;
      }
      joinTunnel({client, upstream, authority}, this.#traffic, this.#limits.helloBytes, refusal =>
        this.#note(formatAuthority(authority), refusal),
      );
    } catch (error) {
      this.#refuse(client, request.url ?? '', error);
    }
  }

  /** The way to an allowed host; counts it. */
  async #reach(authority: Authority, client: Duplex): Promise<Socket> {
    if (this.#traffic.isFull) throw new Refusal('the command has sent or received too much');
    const name = formatAuthority(authority);
    if (!this.#hosts.allows(authority))
      throw new Refusal(
        this.#hosts.knows(authority.host) ? 'another port than "sandbox.network" names' : 'not in "sandbox.network"',
        [name],
      );
    const upstream = await connectChecked(authority, this.#hosts, this.#outside, this.#limits);
    client.once('close', () => upstream.destroy());
    if (client.destroyed) upstream.destroy();
    this.#counter.add({host: name, times: 1, sentBytes: 0, receivedBytes: 0});
    return upstream;
  }

  async #passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const {socket} = request;
    request.on('error', ignore);
    response.on('error', ignore);
    response.shouldKeepAlive = false;
    try {
      this.#assertFirst(socket);
      const tunnel = this.#tunnels.get(socket);
      const {authority, path} = readPlain(request, tunnel?.authority);
      const upstream = tunnel?.upstream ?? (await this.#reach(authority, socket));
      exchangePlain({request, response, authority, path, upstream}, this.#traffic, fault =>
        this.#refuse(socket, formatAuthority(authority), fault),
      );
    } catch (error) {
      this.#refuse(socket, request.url ?? '', error);
    }
  }

  /** What follows a request on the same connection could be meant for somebody else. */
  #assertFirst(socket: Duplex): void {
    if (this.#asked.has(socket) || this.#refused.has(socket)) throw new Refusal('a second request on one connection');
    this.#asked.add(socket);
  }

  /** Says so to both sides: to the command, and in the record. */
  #refuse(socket: Duplex, target: string, error: unknown): void {
    // What is still on its way is read by nobody.
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    if (!(error instanceof Refusal || error instanceof Unreachable)) {
      socket.destroy();
      throw error;
    }
    const place = placeOf(target, this.#tunnels.get(socket)?.authority);
    this.#note(place, error);
    leave(socket, answerText(place, error));
  }

  #note(target: string, {message}: Error): void {
    const host = target === '' ? '(not read)' : target;
    this.#counter.add({host, times: 1, sentBytes: 0, receivedBytes: 0, refused: message});
  }

  #cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** What was asked for, without what only the host would have been told. */
function placeOf(url: string, tunnel: Authority | undefined): string {
  return tunnel === undefined ? url.replace(/^([a-z]+:\/\/[^/?#]*).*$/is, '$1') : formatAuthority(tunnel);
}

/** Whoever goes away in the middle is told nothing any more. */
function ignore(): void {}
