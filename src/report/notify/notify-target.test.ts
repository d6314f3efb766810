import {describe, expect, it} from 'vitest';
import {AddressError, nameAddress, parseNotifyTarget, parsePingUrl} from './notify-target.ts';

const env = {HOOK: 'https://hooks.slack.com/services/T0/sEcReT', PASS: 'p%40ss', BAD: 'sEcReT', EMPTY: ''};

describe('parseNotifyTarget', () => {
  it.each([
    ['https://hooks.slack.com/services/T0/B0', {kind: 'slack', url: 'https://hooks.slack.com/services/T0/B0'}],
    ['$HOOK', {kind: 'slack', url: 'https://hooks.slack.com/services/T0/sEcReT'}],
    [`$\{HOOK}`, {kind: 'slack', url: 'https://hooks.slack.com/services/T0/sEcReT'}],
    ['slack+https://chat.test:8443/hooks/x?y=1', {kind: 'slack', url: 'https://chat.test:8443/hooks/x?y=1'}],
    ['slack+http://chat.test/h', {kind: 'slack', url: 'http://chat.test/h'}],
    ['https://hooks.slack.com.evil.test/x', {kind: 'webhook', url: 'https://hooks.slack.com.evil.test/x'}],
    ['https://ntfy.sh/my-night', {kind: 'ntfy', url: 'https://ntfy.sh/my-night'}],
    ['ntfy://push.test/night', {kind: 'ntfy', url: 'https://push.test/night'}],
    ['ntfy://push.test:81/night?secure=false', {kind: 'ntfy', url: 'http://push.test:81/night'}],
    [
      'ntfy+https://:tk_1@push.test/night',
      {kind: 'ntfy', url: 'https://push.test/night', authorization: `Basic ${btoa(':tk_1')}`},
    ],
    [
      'http://ann:$PASS@hook.test/x',
      {kind: 'webhook', url: 'http://hook.test/x', authorization: `Basic ${btoa('ann:p@ss')}`},
    ],
  ])('reads %s', (written, target) => {
    expect(parseNotifyTarget(written, env)).toEqual(target);
  });

  it.each([
    [
      'mailto:ann@a.test',
      {host: '127.0.0.1', port: 25, secure: false, loopback: true},
      {from: 'ann@a.test', to: ['ann@a.test']},
    ],
    [
      'mailto:ann@a.test,bob@b.test?server=smtp://relay.test:2525&from=night@a.test',
      {host: 'relay.test', port: 2525, secure: false, loopback: false},
      {from: 'night@a.test', to: ['ann@a.test', 'bob@b.test']},
    ],
    [
      'smtp://ann%40a.test:$PASS@mail.test/?to=bob@b.test',
      {host: 'mail.test', port: 587, secure: false, loopback: false, login: {user: 'ann@a.test', password: 'p@ss'}},
      {from: 'ann@a.test', to: ['bob@b.test']},
    ],
    [
      'smtps://[::1]?to=bob@b.test',
      {host: '::1', port: 465, secure: true, loopback: true},
      {from: 'bob@b.test', to: ['bob@b.test']},
    ],
  ])('reads %s', (written, server, addresses) => {
    expect(parseNotifyTarget(written, env)).toEqual({kind: 'mail', server, ...addresses});
  });

  it.each([
    ['$NOPE', 'the environment variable NOPE is not set'],
    ['smtp://a:$EMPTY@mail.test/?to=a@b.test', 'the environment variable EMPTY is not set'],
    ['$BAD', 'it does not hold a URL'],
    ['ftp://sEcReT.test/x', 'this kind of address is not known'],
    ['ntfy://push.test/', 'an ntfy address must be host/topic'],
    ['ntfy://push.test/a/sEcReT', 'an ntfy address must be host/topic'],
    ['slack+https:///sEcReT', 'it names no host'],
    ['smtp://sEcReT.test', 'it names no mail address to send to'],
    ['smtp:///?to=sEcReT@a.test', 'it names no mail server'],
    ['mailto:sEcReT', 'it names no mail address to send to'],
    ['mailto:a@b.test%0d%0aBcc:%20sEcReT@c.test', 'it names no mail address to send to'],
    ['mailto:a@b.test%3E%20RCPT', 'it names no mail address to send to'],
    ['smtp://mail.test/?to=a@b.test&from=x%0d%0aBcc:sEcReT@c.test', '"from" is not a mail address'],
    ['mailto:a@b.test?server=https://sEcReT.test', '"server" of a mailto address must be smtp:// or smtps://'],
    ['smtp://%E0%A4%A:sEcReT@mail.test/?to=a@b.test', 'a % in it is not followed by two hexadecimal digits'],
  ])('says what is wrong with %s and shows nothing of it', (written, message) => {
    expect(() => parseNotifyTarget(written, env)).toThrow(new AddressError(message));
    expect(message).not.toContain('sEcReT');
  });
});

it('takes http and https alone for a ping', () => {
  expect(parsePingUrl('https://hc.test/id?x=1', env).href).toBe('https://hc.test/id?x=1');
  expect(() => parsePingUrl('ntfy://hc.test/id', env)).toThrow('it must be an http or https URL');
});

it('names an address by its variable or its host, and by no more', () => {
  expect(
    [
      '$HOOK',
      'https://ann:sEcReT@hook.test/sEcReT?sEcReT',
      'mailto:a@sEcReT',
      'smtp://a:$PASS@mail.test/?to=x@y.test',
      '://sEcReT',
    ].map(nameAddress),
  ).toEqual(['$HOOK', 'hook.test', 'mailto', '$PASS', 'an address']);
});
