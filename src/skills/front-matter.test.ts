import fc from 'fast-check';
import {expect, it} from 'vitest';
import {parseFrontMatter} from './front-matter.ts';

it('keeps every scalar as the text that was typed', () => {
  const matter = parseFrontMatter(
    '\uFEFF---\r\nname: x\r\nyes: yes\r\ndate: 2025-01-01\r\nlist: [1, "2"]\r\nmap: {a: ~}\r\n---\r\n\r\n# Do it\r\n',
  );
  expect(matter.data).toEqual({name: 'x', yes: 'yes', date: '2025-01-01', list: ['1', '2'], map: {a: '~'}});
  expect(matter).toMatchObject({body: '# Do it\n'});
});

it.each([
  ['no front matter', 'name: x', 'the file must start with front matter'],
  ['an open end', '---\nname: x\n', 'the front matter is not closed'],
  ['an alias', '---\na: &x [1]\nb: *x\n---\n', 'uses YAML aliases'],
  ['a tag', '---\na: !!js/function "x"\n---\n', 'not plain YAML'],
  ['a custom tag', '---\na: !run x\n---\n', 'not plain YAML'],
  ['a key twice', '---\na: 1\na: 2\n---\n', 'not plain YAML'],
  ['a list', '---\n- a\n---\n', 'must be keys and values'],
  ['nothing', '---\n---\nbody', 'must be keys and values'],
  ['bad indentation', '---\na: b: c\n---\n', 'not plain YAML'],
  ['deep nesting', `---\na: ${'['.repeat(30_000)}\n---\n`, 'the front matter'],
  ['no end of text', `---\na: ${'x'.repeat(40_000)}\n---\n`, 'longer than 32768 characters'],
])('refuses %s', (_, text, message) => {
  expect(parseFrontMatter(text).fault?.message).toContain(message);
});

it('takes a description with a colon in it as it was meant, and nothing else', () => {
  const text =
    '---\nname: x\ndescription: Does it. Use when: "all" is well # or not\nmetadata:\n  mode: simple\n---\n# Do\n';
  const matter = parseFrontMatter(text);
  expect(matter.data?.['description']).toBe('Does it. Use when: "all" is well # or not');
  expect(matter.fault === undefined && matter.locate(['metadata', 'mode'])).toEqual({line: 5, column: 3});
  expect(parseFrontMatter('---\nname: a: b\n---\n').fault).toMatchObject({
    line: 2,
    hint: expect.stringContaining('quotes'),
  });
  for (const value of ['"a": b', '[a: b', '&a b: c'])
    expect(parseFrontMatter(`---\ndescription: ${value}\n---\n`).fault, value).toBeDefined();
});

it('counts lines from the start of the file', () => {
  expect(parseFrontMatter('---\na: 1\nb: [\n---\nx').fault?.line).toBeGreaterThanOrEqual(3);
  const matter = parseFrontMatter('---\na: 1\nb: 2\n---\nx');
  expect(matter.fault === undefined && matter.locate(['b'])).toEqual({line: 3, column: 1});
});

it('never throws', () => {
  const parts = fc.array(
    fc.constantFrom(
      '---\n',
      'a: ',
      '- ',
      '[',
      '{',
      '}',
      '&x ',
      '*x',
      '!t ',
      '"',
      '|\n ',
      '? ',
      '\t',
      '%YAML 9\n',
      '\n',
      '\0',
      '#',
    ),
  );
  fc.assert(
    fc.property(parts, list => void parseFrontMatter(`---\n${list.join('')}\n---\n`)),
    {numRuns: 1000},
  );
});
