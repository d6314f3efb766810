import fc from 'fast-check';
import {expect, it} from 'vitest';
import {MarkScanner} from './mark-scanner.ts';

it('finds what a regular expression of the same alternatives finds', () => {
  const scanner = new MarkScanner([['abc'], ['a.b', /[x-z]{2}/], ['://', /a?@/], ['bca']]);
  const pattern = /abc|a\.b[x-z]{2}|:\/\/a?@|bca/;
  fc.assert(
    fc.property(
      fc.string({unit: fc.constantFrom('a', 'b', 'c', '.', 'x', ':', '/', '@', 'é', '😀'), maxLength: 30}),
      text => {
        expect(scanner.find(text)).toBe(text.search(pattern));
      },
    ),
    {numRuns: 2000},
  );
});
