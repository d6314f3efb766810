import {createScanner, type Node, type ParseError, parseTree, type SyntaxKind} from 'jsonc-parser';

export type JsonPath = readonly (string | number)[];

/** Both 1-based; columns in UTF-16 units, as editors count. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong at one place of the text. */
export interface JsoncFault extends Position {
  readonly path?: string;
  readonly message: string;
  readonly hint?: string;
}

/** JSON with comments and trailing commas, and where each part of it stands in the text. */
export interface JsoncDocument {
  /** Undefined when the text is not JSON; `faults` then says why. */
  readonly value: unknown;
  /** Syntax errors, keys that stand twice. Empty when all is well. */
  readonly faults: readonly JsoncFault[];
  /** Where the value (or the key that holds it) stands; of a part that is missing, where its nearest holder stands. */
  locate(path: JsonPath, part?: 'key' | 'value'): Position;
  /** The place of character `offset` inside the string at `path`. */
  locateInside(path: JsonPath, offset: number): Position;
}

const maxDepth = 100;
const maxCharacters = 32 * 1024 * 1024;
const maxSyntaxFaults = 5;
const endExpected = 9;

/** Never throws, whatever the text. */
export function parseJsonc(source: string): JsoncDocument {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source;
  const position = positionsOf(text);
  const refuse = (faults: readonly JsoncFault[]): JsoncDocument => ({
    value: undefined,
    faults,
    locate: () => ({line: 1, column: 1}),
    locateInside: () => ({line: 1, column: 1}),
  });

  if (text.length > maxCharacters) {
    return refuse([
      {line: 1, column: 1, message: `the file is too large: more than ${maxCharacters / 1024 / 1024} MiB`},
    ]);
  }
  const nesting = measureNesting(text);
  if (nesting.tooDeepAt !== undefined) {
    return refuse([
      {...position(nesting.tooDeepAt), message: `lists and objects are nested more than ${maxDepth} deep`},
    ]);
  }
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, {allowTrailingComma: true});
  if (errors.length > 0 || root === undefined) {
    return refuse(syntaxFaults(text, errors, nesting.openAt, position));
  }

  const faults: JsoncFault[] = [];
  return {
    value: readValue(root, [], (path, node, message) => {
      faults.push({
        ...position(node.offset),
        path: formatPath(path),
        message: message(offset => position(offset).line),
      });
    }),
    faults,
    locate(path, part = 'value') {
      const found = findNode(root, path);
      const property = found.node.parent;
      const key = part === 'key' && found.whole && property?.type === 'property' ? property.children?.[0] : undefined;
      return position((key ?? found.node).offset);
    },
    locateInside(path, offset) {
      const {node} = findNode(root, path);
      // Escapes make the text longer than the value; the opening quote is then the honest answer.
      const exact = typeof node.value === 'string' && node.length === node.value.length + 2;
      return position(node.offset + (exact ? 1 + offset : 0));
    },
  };
}

/** `tasks[1].skill`; keys that are not plain words are quoted in brackets. */
export function formatPath(path: JsonPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w$-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${quote(part)}]`;
  }
  return text;
}

/** JSON quotes, cut to a length that fits a line, without characters that a terminal would obey. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text).replaceAll(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function positionsOf(text: string): (offset: number) => Position {
  let starts: number[] | undefined;
  return offset => {
    starts ??= lineStarts(text);
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return {line: low + 1, column: offset - starts[low]! + 1};
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) starts.push(match.index + match[0].length);
  return starts;
}

// The parser calls itself once per level and would exhaust the stack; its scanner does not.
function measureNesting(text: string): {tooDeepAt?: number; openAt?: number} {
  const scanner = createScanner(text, true);
  const open: {offset: number; closedBy: SyntaxKind}[] = [];
  for (let kind = scanner.scan(); kind !== kinds.endOfFile; kind = scanner.scan()) {
    if (kind === kinds.openBrace || kind === kinds.openBracket) {
      open.push({
        offset: scanner.getTokenOffset(),
        closedBy: kind === kinds.openBrace ? kinds.closeBrace : kinds.closeBracket,
      });
      if (open.length > maxDepth) return {tooDeepAt: scanner.getTokenOffset()};
    } else if (kind === open.at(-1)?.closedBy) {
      open.pop();
    }
  }
  const last = open.at(-1);
  return last === undefined ? {} : {openAt: last.offset};
}

// jsonc-parser declares these as `const enum`, which isolated modules cannot read.
const kinds = {openBrace: 1, closeBrace: 2, openBracket: 3, closeBracket: 4, endOfFile: 17} as const satisfies Record<
  string,
  SyntaxKind
>;

function syntaxFaults(
  text: string,
  errors: readonly ParseError[],
  openAt: number | undefined,
  position: (offset: number) => Position,
): JsoncFault[] {
  if (text.trim() === '')
    return [{line: 1, column: 1, message: 'the file is empty', hint: 'it must hold one object: { … }'}];
  const faults: JsoncFault[] = [];
  const end = text.trimEnd().length;
  for (const error of errors) {
    const place = position(Math.min(error.offset, text.length));
    // One mistake makes the parser stumble over what follows it; the first of a line is the one to mend.
    if (faults.some(fault => fault.line === place.line) || faults.length === maxSyntaxFaults) continue;
    if (error.error === endExpected && faults.length > 0) continue;
    if (error.offset >= end) {
      const bracket = openAt === undefined ? undefined : `"${text[openAt]}" of line ${position(openAt).line}`;
      faults.push({
        ...place,
        message: bracket ? `the file ends before the ${bracket} is closed` : 'the file ends too early',
      });
    } else {
      const found = text.slice(error.offset, error.offset + Math.min(Math.max(error.length, 1), 61));
      const token = /^"[\w .$-]*"$/.test(found) ? found : quote(found);
      faults.push({...place, ...explain(error.error, token, text[error.offset] ?? '')});
    }
  }
  return faults.length > 0 ? faults : [{line: 1, column: 1, message: 'the file holds no JSON value'}];
}

function explain(code: number, token: string, character: string): {message: string; hint?: string} {
  switch (code) {
    case 1:
      return {
        message: `${token} is not JSON`,
        hint: character === "'" ? 'use double quotes' : 'text goes in double quotes',
      };
    case 2:
    case 13:
      return {message: `${token} is not a number`};
    case 3:
      return {message: `expected a key in double quotes, found ${token}`};
    case 4:
      return {message: `expected a value, found ${token}`};
    case 5:
      return {message: `expected ":" between key and value, found ${token}`};
    case 6:
      return {message: `a comma is missing before ${token}`};
    case 7:
      return {message: `expected "}", found ${token}`};
    case 8:
      return {message: `expected "]", found ${token}`};
    case endExpected:
      return {message: `expected the end of the file, found ${token}`};
    case 11:
      return {message: 'the comment is not closed', hint: 'close it with */'};
    case 12:
      return {message: 'the text is not closed', hint: 'close it with a double quote on the same line'};
    case 14:
    case 15:
      return {message: `${token} holds an escape that JSON does not know`, hint: 'write a backslash as \\\\'};
    default:
      return {message: `${token} holds a character that JSON does not allow`};
  }
}

type Report = (path: JsonPath, node: Node, message: (line: (offset: number) => number) => string) => void;

function readValue(node: Node, path: JsonPath, report: Report): unknown {
  if (node.type === 'array')
    return (node.children ?? []).map((child, index) => readValue(child, [...path, index], report));
  if (node.type !== 'object') return node.value;
  const result: Record<string, unknown> = {};
  const seen = new Map<string, Node>();
  for (const property of node.children ?? []) {
    const [keyNode, valueNode] = property.children ?? [];
    if (keyNode === undefined || valueNode === undefined) continue;
    const key = String(keyNode.value);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, keyNode);
    else
      report([...path, key], keyNode, line => `${quote(key)} stands twice; the first is on line ${line(first.offset)}`);
    // `result[key] = …` would change the prototype for the key `__proto__`.
    Object.defineProperty(result, key, {
      value: readValue(valueNode, [...path, key], report),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return result;
}

function findNode(root: Node, path: JsonPath): {node: Node; whole: boolean} {
  let node = root;
  for (const part of path) {
    const next =
      typeof part === 'number'
        ? node.type === 'array'
          ? node.children?.[part]
          : undefined
        : node.type === 'object'
          ? node.children?.findLast(property => property.children?.[0]?.value === part)?.children?.[1]
          : undefined;
    if (next === undefined) return {node, whole: false};
    node = next;
  }
  return {node, whole: true};
}
