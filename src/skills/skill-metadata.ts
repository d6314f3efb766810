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

/** What is wrong with one key, and the way to it from the top of the front matter. */
export interface MetadataFault {
  readonly at: readonly string[];
  readonly message: string;
  readonly hint?: string;
}

/** Reads our keys, written as text or nested; other keys belong to other tools and are left alone. */
export function readMetadata(metadata: FrontMatterValue | undefined): {
  readonly metadata: SkillMetadata;
  readonly faults: readonly MetadataFault[];
} {
  const faults: MetadataFault[] = [];
  const keys = isRecord(metadata) ? metadata : {};
  const refuse =
    (...at: string[]): Refuse =>
    (message, hint) =>
      void faults.push({at: ['metadata', ...at], message, ...(hint === undefined ? {} : {hint})});
  if (metadata !== undefined && metadata !== '' && !isRecord(metadata)) refuse()('must be keys and values');
  const checks = isRecord(keys['checks']) ? keys['checks'] : {};
  for (const name of Object.keys(checks)) {
    if (!checkKeys.includes(name)) refuse('checks', name)('is not a check', didYouMean(name, checkKeys));
  }
  const own = (name: string): Given => ({value: keys[name], refuse: refuse(name)});
  const check = (name: string): Given =>
    name in checks ? {value: checks[name], refuse: refuse('checks', name)} : own(name);

  const output = readText(own('output'));
  const outputs = readList(keys['outputs'], /[\n,]/, refuse('outputs'));
  for (const [name, files] of [
    ['output', output === undefined ? [] : [output]] as const,
    ['outputs', outputs] as const,
  ]) {
    for (const file of files)
      if (!isInsideRepo(file)) refuse(name)(`${JSON.stringify(file)} is not a path inside the repo`);
  }
  const mode = readText(own('mode'));
  if (mode !== undefined && !isMode(mode)) {
    refuse('mode')(`expected one of ${modes.join(', ')}, found ${JSON.stringify(mode)}`, didYouMean(mode, modes));
  }
  const verify = readVerify(own('verify'));
  const list = (name: string): string[] => readList(check(name).value, /\n/, check(name).refuse);
  const [mustContain, mustNotContain] = [list('must-contain'), list('must-not-contain')];
  const [minCharacters, maxCharacters] = [readCount(check('min-characters')), readCount(check('max-characters'))];
  if (minCharacters !== undefined && maxCharacters !== undefined && minCharacters > maxCharacters) {
    check('min-characters').refuse('is larger than max-characters');
  }
  const [heading, markdown, links] = ['heading', 'markdown', 'links'].map(name => readSwitch(check(name)));
  return {
    faults,
    metadata: {
      ...(output === undefined ? {} : {output}),
      outputs,
      ...(isMode(mode) ? {mode} : {}),
      ...(verify === undefined ? {} : {verify}),
      contextGlobs: readGlobs(own('context')),
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

type Refuse = (message: string, hint?: string) => void;

interface Given {
  readonly value: FrontMatterValue | undefined;
  readonly refuse: Refuse;
}

/** A list as YAML list or as text with separators. Braces of a glob keep their commas. */
function readList(value: FrontMatterValue | undefined, separator: RegExp, refuse: Refuse): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return splitOutsideBraces(value, separator);
  if (Array.isArray(value) && value.every(item => typeof item === 'string'))
    return value.map(item => item.trim()).filter(item => item !== '');
  refuse('must be a list of texts');
  return [];
}

function readGlobs({value, refuse}: Given): string[] {
  const globs = readList(value, /[\n,]/, refuse);
  for (const glob of globs) {
    try {
      compileGlob(glob);
    } catch (error) {
      if (!(error instanceof GlobError)) throw error;
      refuse(`${quoteText(glob, 60)} cannot be used: ${error.message}`);
    }
  }
  return globs;
}

function readVerify({value, refuse}: Given): readonly string[] | 'auto' | undefined {
  if (typeof value === 'string' && value.trim() === 'auto') return 'auto';
  const commands = readList(value, /\n/, refuse);
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
  if (/^[/~$]|[\\:\u0000-\u001f\u007f]/.test(file)) return false;
  return file
    .replace(/\/$/, '')
    .split('/')
    .every(part => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');
}

function readText({value, refuse}: Given): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value.trim();
  refuse('must be text');
  return undefined;
}

function readCount(given: Given): number | undefined {
  const text = readText(given);
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  given.refuse(`expected a whole number, found ${JSON.stringify(text)}`);
  return undefined;
}

function readSwitch(given: Given): boolean | undefined {
  const text = readText(given);
  if (text === undefined) return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  given.refuse(`expected true or false, found ${JSON.stringify(text)}`);
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
