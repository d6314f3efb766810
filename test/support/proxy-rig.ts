import {once} from 'node:events';
import {type AddressInfo, connect, createServer, type Server, type Socket} from 'node:net';
import {text} from 'node:stream/consumers';
import {FilteringProxy, type ProxyOptions} from '../../src/sandbox/proxy/filtering-proxy.ts';

export interface ProxyRig extends AsyncDisposable {
  readonly proxy: FilteringProxy;
  readonly port: number;
  /** Every address and port that was connected to outside. */
  readonly reached: readonly string[];
  /** Everything that arrived there. */
  received(): string;
  /** Sends bytes to the proxy and gives all that comes back until the connection ends; `then` is sent once something has come back. */
  ask(bytes: string | Buffer, then?: string | Buffer): Promise<string>;
}

export interface OutsideWorld {
  /** Addresses of names; others have none. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  /** What stands at every address. Default: it says nothing and keeps the connection. */
  readonly serve?: (socket: Socket) => void;
}

/** The proxy before a world outside that is one server. */
export async function openProxyRig(
  entries: readonly string[],
  {names = {}, serve = () => {}}: OutsideWorld = {},
  limits: ProxyOptions['limits'] = {},
): Promise<ProxyRig> {
  const sockets = new Set<Socket>();
  let received = '';
  const world = createServer({allowHalfOpen: true}, socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    });
    serve(socket);
  });
  world.listen(0, '127.0.0.1');
  await once(world, 'listening');
  const reached: string[] = [];
  const outside = {
    async resolve(host: string): Promise<readonly string[]> {
      const addresses = names[host];
      if (addresses === undefined) throw Object.assign(new Error(host), {code: 'ENOTFOUND'});
      return addresses;
    },
    connect(address: string, port: number): Socket {
      reached.push(`${address} ${port}`);
      return connect({host: '127.0.0.1', port: portOf(world), allowHalfOpen: true});
    },
  };
  const proxy = new FilteringProxy(entries, {limits, outside});
  await proxy.listen({port: 0, host: '127.0.0.1'});
  const {port} = proxy.address() as AddressInfo;
  return {
    proxy,
    port,
    reached,
    received: () => received,
    async ask(bytes, then) {
      const socket = connect({host: '127.0.0.1', port, allowHalfOpen: true});
      socket.on('error', () => {});
      if (then !== undefined) socket.once('data', () => socket.write(then));
      socket.write(bytes);
      const said = await text(socket).catch(() => '');
      socket.destroy();
      return said;
    },
    async [Symbol.asyncDispose]() {
      proxy.close();
      for (const socket of sockets) socket.destroy();
      world.close();
      await once(world, 'close');
    },
  };
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
