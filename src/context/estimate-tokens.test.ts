import fc from 'fast-check';
import {expect, it} from 'vitest';
import {estimateTokens, fitTokens} from './estimate-tokens.ts';

it('is near what a real vocabulary gives', () => {
  // Counts of o200k_base for these texts.
  const samples: [string, number][] = [
    ['The quick brown fox jumps over the lazy dog.\n'.repeat(20), 200],
    ['export function add(a: number, b: number): number {\n  return a + b;\n}\n'.repeat(20), 400],
    ['{"name": "api", "version": "1.0.0", "private": true}\n'.repeat(20), 420],
  ];
  for (const [text, tokens] of samples) {
    expect(estimateTokens(text) / tokens, text.slice(0, 20)).toBeGreaterThan(0.95);
    expect(estimateTokens(text) / tokens, text.slice(0, 20)).toBeLessThan(1.3);
  }
});

it('fits any text into any budget, without tearing characters, and says what it costs', () => {
  fc.assert(
    fc.property(fc.string({unit: 'binary', maxLength: 400}), fc.integer({min: 0, max: 200}), (text, maxTokens) => {
      const fitted = fitTokens(text, maxTokens);
      expect(text.startsWith(fitted.text)).toBe(true);
      expect(fitted.cut).toBe(fitted.text.length < text.length);
      expect(estimateTokens(fitted.text)).toBeLessThanOrEqual(maxTokens + 1);
      expect(fitted.text.isWellFormed()).toBe(true);
      expect(estimateTokens(fitted.text)).toBeLessThanOrEqual(estimateTokens(text));
    }),
  );
});
