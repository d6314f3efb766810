import {expect, it} from 'vitest';
import {splitHidden} from './split-hidden.ts';

it('makes visible what is not seen or acts', () => {
  expect(splitHidden('a\u202eb')).toEqual(['a', {hidden: 'U+202E'}, 'b']);
  const bad =
    '\u0000\u0008\r\u001b\u007f\u009b\u00ad\u034f\u061c\u115f\u200b\u200d\u2028\u2066\u2069\u3164\ufeff\u{e0041}\ud800';
  expect(splitHidden(bad).every(piece => typeof piece !== 'string')).toBe(true);
});

it('leaves ordinary text alone, in any language and with emoji', () => {
  for (const text of ['', 'plain\ttext\nof two lines', 'größer 日本語 עברית', '❤️ 👩‍💻 ✔︎']) {
    expect(splitHidden(text)).toEqual([text]);
  }
});
