import {isIPv4, isIPv6} from 'node:net';
import {domainToASCII} from 'node:url';

/** A place that commands may reach, as the operator names it. */
export interface NetworkHost {
  /** Lower-case name or address without brackets; of a wildcard what follows `*.`. */
  readonly host: string;
  readonly port: number;
  /** Stands for every name below `host`, and not for `host` itself. */
  readonly isWildcard: boolean;
}

export type ReadNetworkHost = NetworkHost | {readonly problem: string};

export const defaultPort = 443;

/**
 * Reads an entry of `sandbox.network`: `registry.npmjs.org`, `host:port`, `*.example.org`, `192.0.2.1:8080`, `[2001:db8::1]`. Whatever
 * could be read in two ways is a problem.
 */
export function readNetworkHost(text: string): ReadNetworkHost {
  const problem = problemOf(text);
  if (problem !== undefined) return {problem};
  const [, bracketed, plain = '', digits] = /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text) ?? [];
  const port = digits === undefined ? defaultPort : readPort(digits);
  if (port === undefined) return {problem: 'expected a port from 1 to 65535 after ":"'};
  if (bracketed !== undefined) {
    const wrong = problemOfIPv6(bracketed);
    return wrong === undefined ? {host: bracketed, port, isWildcard: false} : {problem: wrong};
  }
  const isWildcard = plain.startsWith('*.');
  const host = (isWildcard ? plain.slice(2) : plain).toLowerCase();
  const wrong = problemOfName(host, isWildcard);
  return wrong === undefined ? {host, port, isWildcard} : {problem: wrong};
}

/** As `readNetworkHost` reads it again; the usual port is left out. */
export function formatNetworkHost({host, port, isWildcard}: NetworkHost): string {
  const name = isIPv6(host) ? `[${host}]` : isWildcard ? `*.${host}` : host;
  return port === defaultPort ? name : `${name}:${port}`;
}

/** Decimal, without a sign or a zero before it. */
export function readPort(digits: string): number | undefined {
  return /^[1-9]\d{0,4}$/.test(digits) && Number(digits) <= 65_535 ? Number(digits) : undefined;
}

/** What all of it tells, before it is taken apart. */
function problemOf(text: string): string | undefined {
  if (text === '*') return '"*" would be every host; name each one, or what it lies below: "*.example.org"';
  if (text.includes('://')) return `expected a host without "${text.slice(0, text.indexOf('://') + 3)}"`;
  if (/[/?#\\]/.test(text)) return 'expected a host without a path';
  if (text.includes('@')) return 'expected a host without a user';
  if (isIPv6(text)) return `an IPv6 address stands in brackets: "[${text}]"`;
  if (/[^\u0021-\u007e]/.test(text)) {
    const ascii = domainToASCII(text.replace(/:\d+$/, ''));
    return `expected a name in ASCII${ascii === '' ? '' : `: "${ascii}"`}`;
  }
  return /^(?:\[[^[\]]*\]|[^:[\]]*)(?::[^:]*)?$/.test(text) ? undefined : 'expected "host" or "host:port"';
}

function problemOfIPv6(address: string): string | undefined {
  if (!isIPv6(address) || address.includes('%')) return `"${address}" is no IPv6 address`;
  if (/^::ffff:/i.test(address)) return 'write the IPv4 address itself';
  const exact = new URL(`http://[${address}]/`).hostname;
  return exact === `[${address}]` ? undefined : `an address is written exactly: "${exact}"`;
}

function problemOfName(host: string, isWildcard: boolean): string | undefined {
  if (!isWildcard && isIPv4(host)) return undefined;
  const labels = host.split('.');
  if (host.includes('*')) return '"*" stands only for what comes before the first dot: "*.example.org"';
  if (labels.includes('')) return 'expected a name without an empty part between its dots';
  if (
    host.length > 253 ||
    !labels.every(label => label.length <= 63 && /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/.test(label))
  )
    return 'expected a name of letters, digits and "-", in parts of at most 63';
  // Some programs would read it as an address.
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1)!))
    return 'an address is written exactly, as four numbers: "192.0.2.1"';
  if (isWildcard && labels.length < 2) return `"*.${host}" would be a whole top level; name what lies below it`;
  return undefined;
}
