import {expect, it} from 'vitest';
import {JobFailure} from '../domain/outcome.ts';
import {parseRemoteUrl} from './remote-url.ts';

it.each([
  ['https://github.com/me/api.git', 'https'],
  ['https://me:secret@git.example.com:8443/api', 'https'],
  ['https://me:p@secret@git.example.com/api', 'https'],
  ['ssh://git@git.example.com/me/api.git', 'ssh'],
  ['git@github.com:me/api.git', 'ssh'],
  ['host.example:api.git', 'ssh'],
  ['file:///srv/git/api.git', 'file'],
  ['/srv/git/api.git', 'file'],
  ['http://127.0.0.1:3000/api.git', 'http'],
  ['http://[::1]:3000/api.git', 'http'],
])('takes %s', (text, kind) => {
  const remote = parseRemoteUrl(text, {trusted: true});
  expect(remote).toMatchObject({url: text, kind});
  expect(remote.shown).not.toContain('secret');
});

it.each([
  'ext::sh -c touch% /tmp/x',
  'ext::touch',
  '--upload-pack=touch',
  '-oProxyCommand=touch',
  'ssh://-oProxyCommand=touch/x',
  'ssh://-oProxyCommand=touch@host/x',
  '-x@host:path',
  'git@-host:path',
  'host:-path',
  'git://example.com/api.git',
  'ftp://example.com/api.git',
  'http://example.com/api.git',
  'http://127.0.0.1.example.com/api.git',
  'fd::17/foo',
  'https://example.com/a\nb',
  'https://example.com/a\rhost=evil',
  'https://example.com/a b',
  'relative/path',
  '',
])('refuses %j', text => {
  expect(() => parseRemoteUrl(text, {trusted: true})).toThrow(JobFailure);
});

it.each(['/srv/git/api.git', 'file:///srv/git/api.git'])('takes the folder %s from the operator only', text => {
  expect(() => parseRemoteUrl(text, {trusted: false})).toThrow(/folder of this machine/);
});
