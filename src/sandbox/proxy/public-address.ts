import {BlockList, isIPv4, isIPv6} from 'node:net';

/**
 * What an address that nobody else should see counts as, in words; undefined for one of the public network. A form of IPv6 that
 * carries an IPv4 address counts as what it carries.
 */
export function describePrivate(address: string): string | undefined {
  if (isIPv4(address)) return kinds4.find(({list}) => list.check(address, 'ipv4'))?.what;
  if (!isIPv6(address) || address.includes('%')) return 'no address';
  const known = kinds6.find(({list}) => list.check(address, 'ipv6'))?.what;
  if (known !== undefined) return known;
  const words = toWords(address);
  const carrier = carriers.find(({prefix}) => prefix.every((word, index) => words[index] === word));
  if (carrier !== undefined) {
    const carried = toIPv4(words[carrier.at]!, words[carrier.at + 1]!);
    const what = describePrivate(carried);
    if (what !== undefined) return `${what} (${carried})`;
  }
  const isGlobal = (words[0]! & 0xe000) === 0x2000 || carrier?.isRouted === true;
  return isGlobal ? undefined : 'not of the public network';
}

interface Kind {
  readonly what: string;
  readonly list: BlockList;
}

function kind(what: string, type: 'ipv4' | 'ipv6', ...networks: readonly string[]): Kind {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    list.addSubnet(address, Number(bits), type);
  }
  return {what, list};
}

const kinds4: readonly Kind[] = [
  kind('unspecified', 'ipv4', '0.0.0.0/8'),
  kind('loopback', 'ipv4', '127.0.0.0/8'),
  kind('private', 'ipv4', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'),
  kind('link-local', 'ipv4', '169.254.0.0/16'),
  kind('shared by customers of a carrier', 'ipv4', '100.64.0.0/10'),
  kind('multicast', 'ipv4', '224.0.0.0/4'),
  kind('reserved', 'ipv4', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15', '198.51.100.0/24'),
  kind('reserved', 'ipv4', '203.0.113.0/24', '240.0.0.0/4'),
  // Metadata and virtual services of clouds that lie among public addresses.
  kind('a service of the machine', 'ipv4', '168.63.129.16/32', '100.100.100.200/32'),
];

const kinds6: readonly Kind[] = [
  kind('unspecified', 'ipv6', '::/128'),
  kind('loopback', 'ipv6', '::1/128'),
  kind('private', 'ipv6', 'fc00::/7', 'fec0::/10', '64:ff9b:1::/48'),
  kind('link-local', 'ipv6', 'fe80::/10'),
  kind('multicast', 'ipv6', 'ff00::/8'),
  kind('reserved', 'ipv6', '2001::/23', '2001:db8::/32', '3fff::/20', '5f00::/16', '100::/64'),
];

interface Carrier {
  readonly prefix: readonly number[];
  /** Index of the first of the two words that are an IPv4 address. */
  readonly at: number;
  /** The network translates it, so that with a public address in it it is one. */
  readonly isRouted?: true;
}

/** Mapped, translated, compatible, NAT64, 6to4. */
const carriers: readonly Carrier[] = [
  {prefix: [0, 0, 0, 0, 0, 0xffff], at: 6},
  {prefix: [0, 0, 0, 0, 0xffff, 0], at: 6},
  {prefix: [0, 0, 0, 0, 0, 0], at: 6},
  {prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6, isRouted: true},
  {prefix: [0x2002], at: 1, isRouted: true},
];

/** The eight numbers of an IPv6 address. */
function toWords(address: string): number[] {
  const [left = '', right] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const read = (text: string): number[] => (text === '' ? [] : text.split(':').map(word => Number.parseInt(word, 16)));
  const [before, after] = [read(left), read(right ?? '')];
  return [...before, ...Array.from({length: 8 - before.length - after.length}, () => 0), ...after];
}

function toIPv4(high: number, low: number): string {
  return [high >>> 8, high & 255, low >>> 8, low & 255].join('.');
}
