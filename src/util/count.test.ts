import {expect, it} from 'vitest';
import {count} from './count.ts';

it('knows one from many', () => {
  expect([0, 1, 2].map(number => count(number, 'change'))).toEqual(['0 changes', '1 change', '2 changes']);
});
