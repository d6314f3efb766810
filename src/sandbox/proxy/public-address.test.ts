import {expect, it} from 'vitest';
import {describePrivate} from './public-address.ts';

it.each([
  ['0.0.0.0', 'unspecified'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['10.1.2.3', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['169.254.169.254', 'link-local'],
  ['100.64.0.1', 'shared'],
  ['100.127.255.255', 'shared'],
  ['224.0.0.1', 'multicast'],
  ['255.255.255.255', 'reserved'],
  ['198.18.0.1', 'reserved'],
  ['203.0.113.1', 'reserved'],
  ['168.63.129.16', 'service of the machine'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'no address'],
  ['fc00::1', 'private'],
  ['fd00:ec2::254', 'private'],
  ['fec0::1', 'private'],
  ['ff02::1', 'multicast'],
  ['2001:db8::1', 'reserved'],
  ['2001:0:7f00:1::', 'reserved'],
  ['::ffff:127.0.0.1', 'loopback (127.0.0.1)'],
  ['::ffff:a9fe:a9fe', 'link-local (169.254.169.254)'],
  ['::ffff:8.8.8.8', 'not of the public network'],
  ['::ffff:0:10.0.0.1', 'private (10.0.0.1)'],
  ['::127.0.0.1', 'loopback (127.0.0.1)'],
  ['64:ff9b::127.0.0.1', 'loopback (127.0.0.1)'],
  ['64:ff9b::a9fe:a9fe', 'link-local (169.254.169.254)'],
  ['64:ff9b:1::1', 'private'],
  ['2002:7f00:1::', 'loopback (127.0.0.1)'],
  ['2002:a9fe:a9fe::1', 'link-local (169.254.169.254)'],
  ['4000::1', 'not of the public network'],
  ['example.org', 'no address'],
  ['127.1', 'no address'],
])('%s is none of the public network', (address, what) => {
  expect(describePrivate(address)).toContain(what);
});

it.each([
  '8.8.8.8',
  '104.16.0.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700::1',
  '2a00:1450:4001::1',
  '64:ff9b::8.8.8.8',
  '2002:808:808::1',
])('%s is', address => {
  expect(describePrivate(address)).toBeUndefined();
});
