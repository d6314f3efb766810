import {compileGlob, type Glob, GlobError} from '../../util/glob.ts';
import {quoteText} from '../../util/quote-text.ts';
import {ToolError} from './tool.ts';

type Input = Readonly<Record<string, unknown>>;

/** @throws ToolError that names the argument. */
export function readText(input: Input, name: string): string {
  const value = input[name];
  if (typeof value !== 'string') throw new ToolError(`"${name}" must be a text, found ${describe(value)}`);
  if (!value.isWellFormed()) throw new ToolError(`"${name}" is not valid Unicode`);
  return value;
}

export function readOptionalText(input: Input, name: string): string | undefined {
  return input[name] === undefined || input[name] === null ? undefined : readText(input, name);
}

/** A glob for paths of the repo. Without a slash it is about names in any folder, as people expect; absent, null and empty are the same. */
export function readGlob(input: Input, name: string): Glob | undefined {
  const text = readOptionalText(input, name) ?? '';
  if (text === '') return undefined;
  if (text.length > 1000) throw new ToolError(`"${name}" is longer than 1000 characters`);
  try {
    return compileGlob(text, {anywhere: true});
  } catch (error) {
    if (error instanceof GlobError) throw new ToolError(`"${name}" cannot be used: ${error.message}`);
    throw error;
  }
}

/** A whole number from `least`; absent and null are the same. Some models write numbers as text. */
export function readOptionalCount(input: Input, name: string, least: number): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < least)
    throw new ToolError(`"${name}" must be a whole number from ${least}, found ${describe(value)}`);
  return number;
}

/** False when it is absent or null. Some models write it as text. */
export function readOptionalFlag(input: Input, name: string): boolean {
  const value = input[name];
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new ToolError(`"${name}" must be true or false, found ${describe(value)}`);
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'object' ? (Array.isArray(value) ? 'a list' : 'an object') : quoteText(String(value), 40);
}

/** JSON Schema of an object with these properties; all are required but those that end in `?`. */
export function objectSchema(properties: Readonly<Record<string, {type: string; description: string}>>): Input {
  const entries = Object.entries(properties).map(([name, value]) => [name.replace(/\?$/, ''), value] as const);
  return {
    type: 'object',
    properties: Object.fromEntries(entries),
    required: Object.keys(properties).filter(name => !name.endsWith('?')),
    additionalProperties: false,
  };
}
