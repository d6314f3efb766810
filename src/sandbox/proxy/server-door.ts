import type {Server} from 'node:net';
import {readNetworkHost} from '../../domain/network-host.ts';
import {nodeInside} from '../bubblewrap-arguments.ts';
import {type Door, descriptors} from '../gate.ts';

/** Of the loopback inside, where nobody else is. */
const proxyPort = 3128;

/**
 * A gate behind which a port has been opened: a Node inside listens on it, hands what listens out to us, and ends when it is told to, before
 * the command begins. So the way out belongs to the network of this sandbox alone, stands in no folder, and needs no process in it.
 */
export function serverDoor(serve: (server: Server) => Promise<void>): Door {
  return {
    script: `(cd / && NODE_CHANNEL_FD=${descriptors.gate} NODE_CHANNEL_SERIALIZATION_MODE=json ${nodeInside()} ${smallNode} -e '${openPort}') || exit 125`,
    attach(child, onReady) {
      // A proxy that cannot serve is lost, and with it the command.
      child.once('message', (_word, server) => void serve(server as Server).then(onReady, ignore));
      return {
        open() {
          // Without a function to tell, a failure would be an error of the child, which is judged by its end.
          child.send('go', undefined, {}, () => child.connected && child.disconnect());
        },
      };
    },
  };
}

/** Node by itself wants 600 MB of address space to start, and a command may be given less. */
const smallNode =
  '--jitless --single-threaded --v8-pool-size=0 --max-old-space-size=32 --max-semi-space-size=1 --no-warnings';

const openPort = `
const server = require("node:net").createServer();
process.once("disconnect", () => process.exit(1));
process.once("message", () => process.exit(0));
server.once("error", error => { console.error(String(error)); process.exit(1); });
server.listen(${proxyPort}, "127.0.0.1", () => process.send("listening", server));`;

/** By which ordinary programs find the proxy. What a test suite serves itself, on the loopback inside, is not for it. */
export function proxyEnvironment(network: readonly string[]): Record<string, string> {
  const proxy = `http://127.0.0.1:${proxyPort}`;
  const named = new Set(network.map(readNetworkHost).flatMap(read => ('problem' in read ? [] : [read.host])));
  const own = ['localhost', '127.0.0.1', '::1'].filter(host => !named.has(host)).join(',');
  return {
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    http_proxy: proxy,
    https_proxy: proxy,
    NO_PROXY: own,
    no_proxy: own,
    NODE_USE_ENV_PROXY: '1',
  };
}

function ignore(): void {}
