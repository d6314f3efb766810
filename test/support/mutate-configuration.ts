import fc from 'fast-check';

const values = [
  '"yes"',
  'true',
  'null',
  '7',
  '-1',
  '1e999',
  '[]',
  '{}',
  '[[["a"]]]',
  '""',
  '"\u0000"',
  '{"__proto__": 1}',
  `"${'x'.repeat(9000)}"`,
];
const keys = ['"paralel"', '"__proto__"', '"constructor"', '"toString"', '""', '"grup"', '"\\ud800"'];

/** One change to a text; `at` between 0 and 1 says where. */
export const mutation = fc.record({
  kind: fc.constantFrom('rename', 'retype', 'drop-line', 'double-line', 'truncate', 'insert', 'swap', 'delete'),
  at: fc.double({min: 0, max: 1, noNaN: true}),
  value: fc.constantFrom(...values),
  key: fc.constantFrom(...keys),
  noise: fc.string({unit: 'binary', minLength: 1, maxLength: 8}),
});

interface Mutation {
  readonly kind: string;
  readonly at: number;
  readonly value: string;
  readonly key: string;
  readonly noise: string;
}

export function mutate(text: string, {kind, at, value, key, noise}: Mutation): string {
  const offset = Math.floor(at * text.length);
  const lines = text.split('\n');
  const line = Math.floor(at * (lines.length - 1));
  switch (kind) {
    case 'rename':
      return replaceAfter(text, offset, /"\w+"(?=:)/, key);
    case 'retype':
      return replaceAfter(text, offset, /(?<=: )(?:"[^"]*"|true|false|\d+|\[[^\]]*\])/, value);
    case 'drop-line':
      return lines.toSpliced(line, 1).join('\n');
    case 'double-line':
      return lines.toSpliced(line, 0, lines[line] ?? '').join('\n');
    case 'truncate':
      return text.slice(0, offset);
    case 'insert':
      return text.slice(0, offset) + noise + text.slice(offset);
    case 'swap':
      return text.slice(offset) + text.slice(0, offset);
    default:
      return text.slice(0, offset) + text.slice(offset + noise.length);
  }
}

function replaceAfter(text: string, offset: number, pattern: RegExp, replacement: string): string {
  return text.slice(0, offset) + text.slice(offset).replace(pattern, () => replacement);
}
