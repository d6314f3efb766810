import {isIP} from 'node:net';
import {type NetworkHost, readNetworkHost} from '../../domain/network-host.ts';
import {SandboxError} from '../sandbox.ts';
import type {Authority} from './authority.ts';

/** What commands may reach. Nothing that a command says can add to it. */
export class AllowedHosts {
  readonly #hosts: readonly NetworkHost[];

  /** Throws `SandboxError` on an entry that cannot be read: it may come from a record. */
  constructor(entries: readonly string[]) {
    this.#hosts = entries.map(entry => {
      const read = readNetworkHost(entry);
      if ('problem' in read) throw new SandboxError(`"sandbox.network" cannot be read: ${read.problem}`);
      return read;
    });
  }

  allows({host, port}: Authority): boolean {
    return this.#hosts.some(
      allowed => allowed.port === port && (allowed.isWildcard ? isBelow(host, allowed.host) : host === allowed.host),
    );
  }

  /** The host, with whatever port: then it is the port that is wrong. */
  knows(host: string): boolean {
    return this.#hosts.some(allowed => (allowed.isWildcard ? isBelow(host, allowed.host) : host === allowed.host));
  }
}

function isBelow(host: string, parent: string): boolean {
  return isIP(host) === 0 && host.endsWith(`.${parent}`);
}
