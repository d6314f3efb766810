import {isIPv4, isIPv6} from 'node:net';
import {readPort} from '../../domain/network-host.ts';

/** What a request asks for. */
export interface Authority {
  /** Lower-case, without a dot at its end and without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`, or `host` where there is a default. Undefined for everything else: no user, no percent signs, no number that only
 * some programs take for an address.
 */
export function readAuthority(text: string, otherwise?: number): Authority | undefined {
  const [, bracketed, plain = '', digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]{1,254}))(?::(\d+))?$/.exec(text) ?? [];
  const port = digits === undefined ? otherwise : readPort(digits);
  if (port === undefined) return undefined;
  if (bracketed !== undefined) {
    if (!isIPv6(bracketed)) return undefined;
    return {host: new URL(`http://[${bracketed}]/`).hostname.slice(1, -1), port};
  }
  const host = plain.toLowerCase().replace(/\.$/, '');
  if (isIPv4(host)) return {host, port};
  const labels = host.split('.');
  if (labels.includes('') || /^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1)!)) return undefined;
  return {host, port};
}

/** With its port, always. */
export function formatAuthority({host, port}: Authority): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
