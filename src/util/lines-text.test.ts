import {expect, it} from 'vitest';
import {linesText} from './lines-text.ts';

it('counts the lines of files together, and does not show bytes or a mode as nothing', () => {
  const text = {added: 12, removed: 0};
  const bytes = {added: 0, removed: 0};
  expect(linesText([text])).toBe('+12 −0');
  expect(linesText([text, {added: 1, removed: 3}, bytes])).toBe('+13 −3');
  expect(linesText([bytes])).toBe('no lines');
});
