import fc from 'fast-check';
import {expect, it} from 'vitest';
import {matchesTags, namedTags, parseTagExpression, type TagExpression} from './tag-expression.ts';

function matches(text: string, tags: string[]): boolean {
  const {expression, fault} = parseTagExpression(text);
  if (fault !== undefined) throw new Error(fault.message);
  return matchesTags(expression, new Set(tags));
}

it.each([
  ['python', 'python', true],
  ['python and not legacy', 'python', true],
  ['python and not legacy', 'python legacy', false],
  ['a or b and c', 'a', true],
  ['(a or b) and c', 'a', false],
  ['not a and not b', 'c', true],
  ['not (a and b)', 'a', true],
  ['not not a', 'a', true],
  ['A AND b', 'A b', true],
  ['"and" or \'two words\'', 'and', true],
])('%j on %j is %s', (text, tags, expected) => {
  expect(matches(text, tags.split(' '))).toBe(expected);
});

it.each([
  ['', 0, 'expected a tag at the end'],
  ['a b', 2, 'expected "and" or "or" before "b"'],
  ['a and', 5, 'expected a tag at the end'],
  ['and a', 0, 'expected a tag before "and"'],
  ['(a or b', 7, 'expected "and", "or" or ")"'],
  ['(a b)', 3, 'expected "and", "or" or ")"'],
  ['a)', 1, 'this ")" closes nothing'],
  ['()', 1, 'expected a tag before ")"'],
  [`${'('.repeat(100_000)}a`, 51, 'more than 50 levels of parentheses and "not"'],
])('says where %j is wrong', (text, offset, message) => {
  expect(parseTagExpression(text).fault).toEqual({offset, message});
});

it('names its tags with their places', () => {
  const {expression} = parseTagExpression('ab or not (cd and "e")');
  expect(namedTags(expression!).map(({tag, offset}) => [tag, offset])).toEqual([
    ['ab', 0],
    ['cd', 11],
    ['e', 18],
  ]);
});

it('means what JavaScript means by the same expression', () => {
  const {tree} = fc.letrec<{tree: TagExpression}>(tie => ({
    tree: fc.oneof(
      {maxDepth: 4, depthSize: 'small'},
      fc.constantFrom('a', 'b', 'c').map(tag => ({kind: 'tag' as const, tag, offset: 0})),
      tie('tree').map(operand => ({kind: 'not' as const, operand})),
      fc
        .tuple(fc.constantFrom('and' as const, 'or' as const), tie('tree'), tie('tree'))
        .map(([kind, left, right]) => ({kind, operands: [left, right]})),
    ),
  }));
  fc.assert(
    fc.property(tree, fc.subarray(['a', 'b', 'c']), (expression, tags) => {
      const code = write(expression, '!', '&&', '||', tag => String(tags.includes(tag)));
      const text = write(expression, 'not ', 'and', 'or', tag => tag);
      expect(matches(text, tags)).toBe(evaluate(code));
    }),
    {numRuns: 500},
  );
});

function write(expression: TagExpression, not: string, and: string, or: string, tag: (tag: string) => string): string {
  if (expression.kind === 'tag') return tag(expression.tag);
  if (expression.kind === 'not') return `${not}(${write(expression.operand, not, and, or, tag)})`;
  return `(${expression.operands.map(operand => write(operand, not, and, or, tag)).join(expression.kind === 'and' ? ` ${and} ` : ` ${or} `)})`;
}

function evaluate(code: string): boolean {
  return new Function(`return ${code}`)() as boolean;
}
