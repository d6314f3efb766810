import {expect, it} from 'vitest';
import {maskSecret} from './mask-secret.ts';

it.each([
  ['a test of tests', 'test', 'a test of tests'],
  ['key secret12 and secret123', 'secret12', 'key [key] and secret123'],
  ['"a.b+c$d(e" and a.b+c$d(e', 'a.b+c$d(e', '"[key]" and [key]'],
  ['xsk-0123456789abcdefx', 'sk-0123456789abcdef', 'x[key]x'],
  ['nothing', undefined, 'nothing'],
  ['nothing', '', 'nothing'],
])('%j without %j is %j', (text, secret, masked) => {
  expect(maskSecret(text, secret, '[key]')).toBe(masked);
});
