import {expect, it} from 'vitest';
import {formatBytes} from './format-bytes.ts';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [3449, '3.4 kB'],
  [9999, '10 kB'],
  [999_499, '999 kB'],
  [999_999, '1.0 MB'],
  [4_294_967_296, '4.3 GB'],
])('%d is %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
