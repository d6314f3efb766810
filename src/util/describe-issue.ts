import type {z} from 'zod';
import {type JsonPath, quote} from './jsonc-document.ts';
import {didYouMean} from './nearest-name.ts';

export type SchemaIssue = z.core.$ZodIssue;

export interface DescribedIssue {
  readonly path: JsonPath;
  readonly part: 'key' | 'value';
  readonly text: {readonly message: string; readonly hint?: string};
}

/** Says a schema's complaint in our words; one issue can name several keys. */
export function describeIssue(
  issue: SchemaIssue,
  root: unknown,
  schema: z.ZodType,
  keyNoun: (path: JsonPath) => string,
): DescribedIssue[] {
  const path = issue.path as JsonPath;
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path);
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      part: 'key',
      text: withHint(`${quote(key)} is not ${keyNoun(path)}`, index < 20 ? didYouMean(key, known) : undefined),
    }));
  }
  if (issue.code === 'invalid_key') {
    const inner = issue.issues[0] as SchemaIssue | undefined;
    return [{path, part: 'key', text: describeValue(inner ?? issue, path.at(-1))}];
  }
  const {value, missing} = valueAt(root, path);
  if (missing) {
    return [{path: path.slice(0, -1), part: 'value', text: {message: `${quote(String(path.at(-1)))} is missing`}}];
  }
  return [{path, part: 'value', text: describeValue(issue, value)}];
}

/** `expected true or false, found "yes"`. */
function describeValue(issue: SchemaIssue, value: unknown): {message: string; hint?: string} {
  const found = `found ${show(value)}`;
  switch (issue.code) {
    case 'invalid_type': {
      const expected = typeNames[issue.expected] ?? issue.expected;
      return withHint(`expected ${expected}, ${found}`, typeHint(issue.expected, value));
    }
    case 'invalid_value': {
      const values = issue.values.map(String);
      const hint = typeof value === 'string' ? didYouMean(value, values) : undefined;
      return withHint(`expected ${values.length > 1 ? 'one of ' : ''}${values.map(quote).join(', ')}, ${found}`, hint);
    }
    case 'too_small':
    case 'too_big':
      return {message: `expected ${boundary(issue)}, ${found}`};
    default:
      // The schema's own sentence. One that does not say what was expected is about a value that may be secret.
      return {message: issue.message.startsWith('expected ') ? `${issue.message}, ${found}` : issue.message};
  }
}

/** A value as it stands in a message. Addresses end after the host, since webhooks carry their secret in the rest. */
export function show(value: unknown): string {
  if (typeof value === 'string') return quote(value.replace(/^(\w+:\/\/)(?:[^\s/@]*@)?([^\s/?#]+)[/?#]\S+$/, '$1$2/…'));
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

const typeNames: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  string: 'text in double quotes',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function typeHint(expected: string, value: unknown): string | undefined {
  if (value === null) return 'leave the key out instead';
  if (expected === 'array' && typeof value === 'string') return `write [${show(value)}]`;
  if ((expected === 'number' || expected === 'int') && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) {
    return `write ${value} without quotes`;
  }
  if (expected === 'boolean' && (value === 'true' || value === 'false')) return `write ${value} without quotes`;
  return undefined;
}

function boundary(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const small = issue.code === 'too_small';
  const limit = small ? issue.minimum : issue.maximum;
  if (issue.origin === 'string') return small ? 'text that is not empty' : `at most ${limit} characters`;
  if (issue.origin === 'array')
    return small ? `at least ${limit} ${limit === 1 ? 'entry' : 'entries'}` : `at most ${limit} entries`;
  if (issue.inclusive === false) return small ? `a number above ${limit}` : `a number below ${limit}`;
  return small ? `${limit} or more` : `${limit} or less`;
}

function withHint(message: string, hint: string | undefined): {message: string; hint?: string} {
  return hint === undefined ? {message} : {message, hint};
}

function valueAt(root: unknown, path: JsonPath): {value: unknown; missing: boolean} {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return {value: undefined, missing: true};
    value = (value as Record<string | number, unknown>)[part];
  }
  return {value, missing: false};
}

// The keys the schema knows at a place, read off the schema itself, so that there is no second list.
function keysAt(schema: z.ZodType, path: JsonPath): string[] {
  let current: unknown = schema;
  for (const part of path) {
    const definition = unwrap(current);
    current = definition?.shape?.[part] ?? definition?.element ?? definition?.valueType;
  }
  return Object.keys(unwrap(current)?.shape ?? {});
}

interface Definition {
  readonly innerType?: unknown;
  readonly shape?: Readonly<Record<string | number, unknown>>;
  readonly element?: unknown;
  readonly valueType?: unknown;
}

function unwrap(schema: unknown): Definition | undefined {
  let definition = (schema as {def?: Definition} | undefined)?.def;
  while (definition?.innerType !== undefined) definition = (definition.innerType as {def?: Definition}).def;
  return definition;
}
