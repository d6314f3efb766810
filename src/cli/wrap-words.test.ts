import {expect, it} from 'vitest';
import {wrapWords} from './wrap-words.ts';

it('parts a line between words, with an indent before what follows', () => {
  expect(wrapWords('one two three four', {columns: 9})).toEqual(['one two', 'three', 'four']);
  expect(wrapWords('✗ one two three', {columns: 9, indent: '  '})).toEqual(['✗ one two', '  three']);
  expect(wrapWords('a  b', {columns: 80})).toEqual(['a  b']);
  expect(wrapWords('', {columns: 80})).toEqual(['']);
});

it('parts a word that is longer than a line, and counts cells', () => {
  expect(wrapWords('see /a/very/long/path now', {columns: 8})).toEqual(['see', '/a/very/', 'long/pat', 'h now']);
  expect(wrapWords('日本語 日本語', {columns: 7})).toEqual(['日本語', '日本語']);
});

it('says where it cut', () => {
  expect(wrapWords('one two three four', {columns: 9, maxLines: 2})).toEqual(['one two', 'three…']);
  expect(wrapWords('one two three four', {columns: 9, maxLines: 3})).toEqual(['one two', 'three', 'four']);
});
