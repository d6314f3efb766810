import {expect, it} from 'vitest';
import {formatNetworkHost, readNetworkHost} from './network-host.ts';

it.each([
  ['registry.npmjs.org', {host: 'registry.npmjs.org', port: 443, isWildcard: false}],
  ['Registry.NPMJS.org:443', {host: 'registry.npmjs.org', port: 443, isWildcard: false}, 'registry.npmjs.org'],
  ['example.org:8443', {host: 'example.org', port: 8443, isWildcard: false}],
  ['*.example.org', {host: 'example.org', port: 443, isWildcard: true}],
  ['*.example.org:80', {host: 'example.org', port: 80, isWildcard: true}],
  ['xn--bcher-kva.example', {host: 'xn--bcher-kva.example', port: 443, isWildcard: false}],
  ['_srv.build-1.example', {host: '_srv.build-1.example', port: 443, isWildcard: false}],
  ['registry', {host: 'registry', port: 443, isWildcard: false}],
  ['127.0.0.1:4873', {host: '127.0.0.1', port: 4873, isWildcard: false}],
  ['[::1]', {host: '::1', port: 443, isWildcard: false}],
  ['[2001:db8::1]:80', {host: '2001:db8::1', port: 80, isWildcard: false}],
])('reads %s', (text, expected, written = text) => {
  const read = readNetworkHost(text);
  expect(read).toEqual(expected);
  expect('problem' in read ? read : formatNetworkHost(read)).toBe(written);
});

it.each([
  ['', 'without an empty part'],
  ['*', 'would be every host'],
  ['*.com', 'whole top level'],
  ['*.', 'empty part'],
  ['a.*.example.org', 'before the first dot'],
  ['*example.org', 'before the first dot'],
  ['*.*.example.org', 'before the first dot'],
  ['https://example.org', 'without "https://"'],
  ['example.org/', 'without a path'],
  ['example.org/x', 'without a path'],
  ['example.org?x', 'without a path'],
  ['example.org\\x', 'without a path'],
  ['user@example.org', 'without a user'],
  ['example..org', 'empty part'],
  ['.example.org', 'empty part'],
  ['example.org.', 'empty part'],
  ['-a.example.org', 'letters, digits'],
  ['a-.example.org', 'letters, digits'],
  ['a b.example.org', 'ASCII'],
  ['bücher.example', '"xn--bcher-kva.example"'],
  ['examp\u200dle.org', 'ASCII'],
  [`${'a'.repeat(64)}.example.org`, 'parts of at most 63'],
  ['example.org:', 'a port from 1'],
  ['example.org:0', 'a port from 1'],
  ['example.org:080', 'a port from 1'],
  ['example.org:65536', 'a port from 1'],
  ['example.org:https', 'a port from 1'],
  ['example.org:443:443', '"host" or "host:port"'],
  ['127.1', 'four numbers'],
  ['2130706433', 'four numbers'],
  ['0x7f.1', 'four numbers'],
  ['127.0.0.01', 'four numbers'],
  ['127.0.0.0x1', 'four numbers'],
  ['256.0.0.1', 'four numbers'],
  ['*.0.0.1', 'four numbers'],
  ['::1', 'in brackets: "[::1]"'],
  ['[::0001]', 'written exactly: "[::1]"'],
  ['[2001:DB8::1]', 'written exactly: "[2001:db8::1]"'],
  ['[::ffff:127.0.0.1]', 'the IPv4 address itself'],
  ['[fe80::1%eth0]', 'no IPv6 address'],
  ['[example.org]', 'no IPv6 address'],
  ['[]', 'no IPv6 address'],
])('refuses %j', (text, problem) => {
  expect(readNetworkHost(text)).toEqual({problem: expect.stringContaining(problem)});
});
