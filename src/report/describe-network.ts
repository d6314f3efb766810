import {isReached, type NetworkRecord, type NetworkUse} from '../domain/network-use.ts';
import {formatBytes} from '../util/format-bytes.ts';
import {quoteText} from '../util/quote-text.ts';

/** A line names no more of each kind; the results have them all. */
const namedPlaces = 5;

/** What commands asked for, for a line of the log: `network: "registry.npmjs.org:443" 12 times (20 kB out, 3.4 MB in); refused: …`. */
export function describeNetwork(network: NetworkRecord | undefined): string {
  if (network === undefined || network.uses.length === 0) return '';
  const reached = network.uses.filter(isReached);
  const refused = network.uses.filter(use => !isReached(use));
  const texts = [
    ...(reached.length === 0 ? [] : [`network: ${list(reached, 0)}`]),
    ...(refused.length === 0 ? [] : [`refused: ${list(refused, network.more)}`]),
  ];
  return ` ${texts.join('; ')}`;
}

function list(uses: readonly NetworkUse[], further: number): string {
  const more = uses.slice(namedPlaces).reduce((sum, {times}) => sum + times, further);
  const named = uses.slice(0, namedPlaces).map(describeUse);
  return [...named, ...(more === 0 ? [] : [`and ${more} more`])].join(', ');
}

function describeUse(use: NetworkUse): string {
  const times = `${quoteText(use.host, 100)} ${use.times === 1 ? 'once' : `${use.times} times`}`;
  if (use.refused !== undefined) return `${times} (${use.refused})`;
  return `${times} (${formatBytes(use.sentBytes)} out, ${formatBytes(use.receivedBytes)} in)`;
}
