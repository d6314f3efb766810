import {expect, it} from 'vitest';
import {countOf} from './count-of.ts';

it('knows one from many', () => {
  expect([0, 1, 2].map(number => countOf(number, 'change'))).toEqual(['0 changes', '1 change', '2 changes']);
});
