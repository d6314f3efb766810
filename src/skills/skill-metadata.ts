import {type Mode, modes, type SkillChecks} from '../domain/skill.ts';
import {compileGlob, GlobError} from '../util/glob.ts';
import {didYouMean} from '../util/nearest-name.ts';
import {quoteText} from '../util/quote-text.ts';
import type {FrontMatterValue} from './front-matter.ts';

/** What our own keys under `metadata` say. */
export interface SkillMetadata {
  readonly output?: string;
  readonly outputs: readonly string[];
  readonly mode?: Mode;
  readonly verify?: readonly string[] | 'auto';
  readonly contextGlobs: readonly string[];
  readonly checks: SkillChecks;
}

/** Reads our keys, written as text or nested; other keys belong to other tools and are left alone. Faults are sentences. */
export function readMetadata(metadata: FrontMatterValue | undefined): {
  readonly metadata: SkillMetadata;
  readonly faults: readonly string[];
} {
  const faults: string[] = [];
  const keys = isRecord(metadata) ? metadata : {};
  if (metadata !== undefined && metadata !== '' && !isRecord(metadata)) faults.push('metadata must be keys and values');
  const checks = isRecord(keys['checks']) ? keys['checks'] : {};
  const check = (name: string): FrontMatterValue | undefined => checks[name] ?? keys[name];
  for (const name of Object.keys(checks)) {
    if (checkKeys.includes(name)) continue;
    const hint = didYouMean(name, checkKeys);
    faults.push(`metadata.checks: ${JSON.stringify(name)} is not a check${hint === undefined ? '' : `; ${hint}`}`);
  }

  const output = readText(keys['output'], 'output', faults);
  const outputs = readList(keys['outputs'], 'outputs', /[\n,]/, faults);
  for (const file of output === undefined ? outputs : [output, ...outputs]) {
    if (!isInsideRepo(file)) faults.push(`metadata: ${JSON.stringify(file)} is not a path inside the repo`);
  }
  const mode = readText(keys['mode'], 'mode', faults);
  if (mode !== undefined && !isMode(mode)) {
    faults.push(`metadata.mode: expected one of ${modes.join(', ')}, found ${JSON.stringify(mode)}`);
  }
  const verify = readVerify(keys['verify'], faults);
  const mustContain = readList(check('must-contain'), 'must-contain', /\n/, faults);
  const mustNotContain = readList(check('must-not-contain'), 'must-not-contain', /\n/, faults);
  const minCharacters = readCount(check('min-characters'), 'min-characters', faults);
  const maxCharacters = readCount(check('max-characters'), 'max-characters', faults);
  if (minCharacters !== undefined && maxCharacters !== undefined && minCharacters > maxCharacters) {
    faults.push('metadata: min-characters is larger than max-characters');
  }
  const heading = readSwitch(check('heading'), 'heading', faults);
  const markdown = readSwitch(check('markdown'), 'markdown', faults);
  const links = readSwitch(check('links'), 'links', faults);
  return {
    faults,
    metadata: {
      ...(output === undefined ? {} : {output}),
      outputs,
      ...(isMode(mode) ? {mode} : {}),
      ...(verify === undefined ? {} : {verify}),
      contextGlobs: readGlobs(keys['context'], faults),
      checks: {
        ...(mustContain.length === 0 ? {} : {mustContain}),
        ...(mustNotContain.length === 0 ? {} : {mustNotContain}),
        ...(minCharacters === undefined ? {} : {minCharacters}),
        ...(maxCharacters === undefined ? {} : {maxCharacters}),
        ...(heading === undefined ? {} : {heading}),
        ...(markdown === undefined ? {} : {markdown}),
        ...(links === undefined ? {} : {links}),
      },
    },
  };
}

/** A list as YAML list or as text with separators. Braces of a glob keep their commas. */
function readList(value: FrontMatterValue | undefined, name: string, separator: RegExp, faults: string[]): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return splitOutsideBraces(value, separator);
  if (Array.isArray(value) && value.every(item => typeof item === 'string'))
    return value.map(item => item.trim()).filter(item => item !== '');
  faults.push(`${name} must be a list of texts`);
  return [];
}

function readGlobs(value: FrontMatterValue | undefined, faults: string[]): string[] {
  const globs = readList(value, 'context', /[\n,]/, faults);
  for (const glob of globs) {
    try {
      compileGlob(glob);
    } catch (error) {
      if (!(error instanceof GlobError)) throw error;
      faults.push(`metadata.context: ${quoteText(glob, 60)} cannot be used: ${error.message}`);
    }
  }
  return globs;
}

function readVerify(value: FrontMatterValue | undefined, faults: string[]): readonly string[] | 'auto' | undefined {
  if (typeof value === 'string' && value.trim() === 'auto') return 'auto';
  const commands = readList(value, 'metadata.verify', /\n/, faults);
  return commands.length === 0 ? undefined : commands;
}

const checkKeys = [
  'must-contain',
  'must-not-contain',
  'min-characters',
  'max-characters',
  'heading',
  'markdown',
  'links',
];

function isRecord(value: FrontMatterValue | undefined): value is {readonly [key: string]: FrontMatterValue} {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMode(text: string | undefined): text is Mode {
  return (modes as readonly (string | undefined)[]).includes(text);
}

function isInsideRepo(file: string): boolean {
  if (/^[/~]|[\\:\u0000-\u001f\u007f]/.test(file)) return false;
  return file
    .replace(/\/$/, '')
    .split('/')
    .every(part => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');
}

function readText(value: FrontMatterValue | undefined, name: string, faults: string[]): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value.trim();
  faults.push(`metadata.${name} must be text`);
  return undefined;
}

function readCount(value: FrontMatterValue | undefined, name: string, faults: string[]): number | undefined {
  const text = readText(value, name, faults);
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  faults.push(`metadata.${name}: expected a whole number, found ${JSON.stringify(text)}`);
  return undefined;
}

function readSwitch(value: FrontMatterValue | undefined, name: string, faults: string[]): boolean | undefined {
  const text = readText(value, name, faults);
  if (text === undefined) return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  faults.push(`metadata.${name}: expected true or false, found ${JSON.stringify(text)}`);
  return undefined;
}

function splitOutsideBraces(text: string, separator: RegExp): string[] {
  const items: string[] = [];
  let item = '';
  let depth = 0;
  for (const character of text) {
    if (character === '{') depth++;
    else if (character === '}') depth--;
    if (depth <= 0 && separator.test(character)) {
      items.push(item);
      item = '';
    } else {
      item += character;
    }
  }
  return [...items, item].map(part => part.trim()).filter(part => part !== '');
}
