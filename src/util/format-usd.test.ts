import {expect, it} from 'vitest';
import {formatLimit, formatUsd} from './format-usd.ts';

it.each([
  [0, '0.0000'],
  [0.005, '0.0050'],
  [0.0123, '0.0123'],
  [1.87, '1.8700'],
  [1234.5, '1234.5000'],
  [0.0001, '0.0001'],
  [0.00009, '0.000090'],
  [0.0000123, '0.000012'],
])('writes %d USD as %s', (usd, text) => {
  expect(formatUsd(usd)).toBe(text);
});

it('writes a limit as it was given, with cents', () => {
  expect([5, 0.5, 12.25, 0.005].map(formatLimit)).toEqual(['5.00', '0.50', '12.25', '0.005']);
});
