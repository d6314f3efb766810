import {expect, it} from 'vitest';
import {cutPieces, pairLines} from './pair-lines.ts';

/** The line before and after with what is marked in brackets. */
function marked(before: string, after: string): [string, string] {
  const [row] = pairLines([
    {sign: '-', text: before, old: 1},
    {sign: '+', text: after, now: 1},
  ]);
  const show = (text: string, pieces: Parameters<typeof cutPieces>[1]): string =>
    cutPieces(text, pieces)
      .map((piece, index) => (index % 2 === 0 ? piece : `[${piece}]`))
      .join('');
  return [show(before, row!.leftPieces), show(after, row!.rightPieces)];
}

it.each([
  ['| PORT | 8080 |', '| PORT | 3000 |', '| PORT | [8080] |', '| PORT | [3000] |'],
  [
    'on port 8080, 10 a second',
    'on port 3000, 100 a second',
    'on port [8080], [10] a second',
    'on port [3000], [100] a second',
  ],
  ['version 1.4.2 of 10,000', 'version 1.5.2 of 10,500', 'version [1.4.2] of [10,000]', 'version [1.5.2] of [10,500]'],
  ['run npm start to launch', 'run npm run dev to launch', 'run npm [start] to launch', 'run npm [run dev] to launch'],
  ['runs-on: ubuntu-20.04', 'runs-on: ubuntu-24.04', 'runs-on: ubuntu-[20.04]', 'runs-on: ubuntu-[24.04]'],
  ['a smile 😀 here', 'a smile 😁 here', 'a smile [😀] here', 'a smile [😁] here'],
  ['the same', 'the same', 'the same', 'the same'],
])('marks whole words and numbers: %s', (before, after, left, right) => {
  expect(marked(before, after)).toEqual([left, right]);
});

it('marks nothing where lines have little in common, or are too long to be compared by words', () => {
  expect(marked('import {a} from "b";', 'It says: hello there, whoever reads')).toEqual([
    'import {a} from "b";',
    'It says: hello there, whoever reads',
  ]);
  const long = (word: string): string => `head ${`${word} `.repeat(400)}`;
  expect(marked(long('x'), long('y'))).toEqual([long('x'), long('y')]);
});

it('pairs what goes with what comes, from the top', () => {
  const lines = [
    {sign: ' ', text: 'a', old: 1, now: 1},
    {sign: '-', text: 'b', old: 2},
    {sign: '+', text: 'c', now: 2},
    {sign: '+', text: 'd', now: 3},
  ] as const;
  expect(pairLines(lines).map(({left, right}) => [left?.text, right?.text])).toEqual([
    ['a', 'a'],
    ['b', 'c'],
    [undefined, 'd'],
  ]);
});
