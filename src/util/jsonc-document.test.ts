import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {formatPath, parseJsonc, quote} from './jsonc-document.ts';

describe('parseJsonc', () => {
  it('reads comments, trailing commas and a byte order mark', () => {
    const document = parseJsonc('\uFEFF{\n  // why\n  "a": [1, 2,], /* b */ "b": null,\n}\n');
    expect(document.faults).toEqual([]);
    expect(document.value).toEqual({a: [1, 2], b: null});
    expect(document.locate(['a'])).toEqual({line: 3, column: 8});
  });

  it('finds keys and values, and the nearest holder of what is missing', () => {
    const document = parseJsonc('{"tasks": [\r\n  {"name": "x",\r  "skill": "y"}\n]}');
    expect(document.locate(['tasks', 0, 'skill'])).toEqual({line: 3, column: 12});
    expect(document.locate(['tasks', 0, 'skill'], 'key')).toEqual({line: 3, column: 3});
    expect(document.locate(['tasks', 0, 'group'], 'key')).toEqual({line: 2, column: 3});
    expect(document.locate(['tasks', 7, 'name'])).toEqual({line: 1, column: 11});
  });

  it('finds a place inside a text, unless escapes move it', () => {
    const document = parseJsonc('{"a": "one two", "b": "\\u0041 two"}');
    expect(document.locateInside(['a'], 4)).toEqual({line: 1, column: 12});
    expect(document.locateInside(['b'], 2)).toEqual({line: 1, column: 23});
  });

  it('reports keys that stand twice, wherever they are', () => {
    const document = parseJsonc('{"a": 1,\n "b": {"c": 1, "c": 2},\n "a": 2}');
    expect(document.faults).toEqual([
      {line: 2, column: 16, path: 'b.c', message: '"c" stands twice; the first is on line 2'},
      {line: 3, column: 2, path: 'a', message: '"a" stands twice; the first is on line 1'},
    ]);
  });

  it('keeps __proto__ an ordinary key', () => {
    const value = parseJsonc('{"__proto__": {"polluted": true}}').value as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it.each([
    ['', 'the file is empty'],
    ['{"a": 1', 'the file ends before the "{" of line 1 is closed'],
    ['{"a": [\n1, 2\n', 'the file ends before the "[" of line 1 is closed'],
    ['{"a": 1\n"b": 2}', 'a comma is missing before "b"'],
    ["{'a': 1}", '"\'a\'" is not JSON'],
    ['{"a" 1}', 'expected ":" between key and value, found "1"'],
    ['{"a": yes}', '"yes" is not JSON'],
    ['{"a": }', 'expected a value, found "}"'],
    ['{} {}', 'expected the end of the file, found "{"'],
    ['{"a": "x\n}', 'the text is not closed'],
    ['{"a": "\\x"}', '"\\"\\\\x\\"" holds an escape that JSON does not know'],
    ['{} /* open', 'the comment is not closed'],
  ])('says what is wrong in %j', (text, message) => {
    const {value, faults} = parseJsonc(text);
    expect(value).toBeUndefined();
    expect(faults[0]?.message).toBe(message);
  });

  it('survives nesting and size without end', () => {
    for (const text of ['['.repeat(100_000), '{"a":'.repeat(100_000), '[},'.repeat(100_000), '[{'.repeat(60_000)]) {
      expect(parseJsonc(text).faults[0]?.message).toBe('lists and objects are nested more than 100 deep');
    }
    expect(parseJsonc(' '.repeat(33 * 1024 * 1024)).faults[0]?.message).toBe('the file is too large: more than 32 MiB');
  });

  it('reads whatever JSON.stringify writes, and never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue({maxDepth: 5}), value => {
        const text = JSON.stringify(value, null, 2);
        expect(parseJsonc(text).value).toEqual(JSON.parse(text));
      }),
      {numRuns: 300},
    );
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '"a"', '1', '//', '/*', '\\', '\n', 'x', '\0')),
        parts => {
          const {value, faults} = parseJsonc(parts.join(''));
          expect(value !== undefined || faults.length > 0).toBe(true);
        },
      ),
      {numRuns: 1000},
    );
  });
});

describe('quote', () => {
  it('leaves nothing for a terminal to obey', () => {
    expect(quote('a\u001b[2J\u009b\u202e')).toBe('"a\\u001b[2J\\u009b\\u202e"');
    expect(quote('x'.repeat(100))).toHaveLength(63);
  });
});

describe('formatPath', () => {
  it('looks like code', () => {
    expect(formatPath(['tasks', 1, 'skill'])).toBe('tasks[1].skill');
    expect(formatPath(['groups', 'my group', 0])).toBe('groups["my group"][0]');
  });
});
