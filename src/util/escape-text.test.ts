import {expect, it} from 'vitest';
import {hostileTexts} from '../../test/support/hostile-texts.ts';
import {escapeBlock, escapeLine, escapeWord} from './escape-text.ts';

it('has more than 300 hostile texts to be tried with', () => {
  expect(new Set(hostileTexts).size).toBeGreaterThan(300);
});

it.each([
  ['escapeLine', escapeLine],
  ['escapeBlock', escapeBlock],
  ['escapeWord', escapeWord],
])('%s leaves nothing that acts or hides, and nothing is lost', (_name, escaping) => {
  for (const text of hostileTexts) {
    const shown = escaping(`x${text}y`);
    expect(shown).toMatch(/^[\n\t\x20-\x7e✓–]*$/);
    expect(shown).not.toBe(`xy`);
  }
});

it('leaves what people write alone', () => {
  for (const text of ['naïve ❤️ ✔️ 1️⃣ 日本語 русский', 'C:\\x', 'a "b"', '葛']) expect(escapeLine(text)).toBe(text);
});
