import {lookup} from 'node:dns/promises';
import {connect, isIP, type Socket} from 'node:net';
import type {AllowedHosts} from './allowed-hosts.ts';
import {type Authority, formatAuthority} from './authority.ts';
import type {ProxyLimits} from './limits.ts';
import {describePrivate} from './public-address.ts';
import {Refusal, Unreachable} from './refusal.ts';

/** How the world outside is reached. */
export interface Outside {
  /** Every address of a name. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  readonly connect: (address: string, port: number) => Socket;
}

export const realOutside: Outside = {
  resolve: async host => (await lookup(host, {all: true, order: 'ipv4first'})).map(({address}) => address),
  connect: (host, port) => connect({host, port, allowHalfOpen: true, noDelay: true}),
};

/**
 * Connects to an allowed host. Its name is looked up once, every address is judged, and it is one of these very addresses that is connected
 * to. Throws `Refusal` when one of them is none that the operator can have meant.
 */
export async function connectChecked(
  target: Authority,
  hosts: AllowedHosts,
  outside: Outside,
  limits: Pick<ProxyLimits, 'connectMs' | 'addresses'>,
): Promise<Socket> {
  const addresses = isIP(target.host) === 0 ? await resolve(target.host, outside, limits.connectMs) : [target.host];
  for (const address of addresses) {
    const what = hosts.allows({host: address, port: target.port}) ? undefined : describePrivate(address);
    if (what !== undefined) {
      const named = [formatAuthority(target), formatAuthority({host: address, port: target.port})];
      throw new Refusal(`its address ${address} is ${what}`, named);
    }
  }
  let fault = 'it has no address';
  for (const address of addresses.slice(0, limits.addresses)) {
    const socket = outside.connect(address, target.port);
    const failed = await connected(socket, limits.connectMs);
    if (failed === undefined) return socket;
    fault = failed;
  }
  throw new Unreachable(fault);
}

async function resolve(host: string, outside: Outside, timeoutMs: number): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unreachable('its name is not answered in time')), timeoutMs);
  });
  try {
    return await Promise.race([outside.resolve(host), late]);
  } catch (error) {
    if (error instanceof Unreachable) throw error;
    throw new Unreachable(`its name cannot be looked up (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
  } finally {
    clearTimeout(timer);
  }
}

/** Why it is not. */
function connected(socket: Socket, timeoutMs: number): Promise<string | undefined> {
  return new Promise(done => {
    const timer = setTimeout(() => {
      socket.destroy();
      done('it does not answer in time');
    }, timeoutMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      done(undefined);
    });
    // Stays: an error that nobody listens to would end the process.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      done(`it does not answer (${error.code ?? 'unknown error'})`);
    });
  });
}
