import path from 'node:path';
import type {Problem} from '../domain/problem.ts';
import type {Skill} from '../domain/skill.ts';
import {type FrontMatter, type FrontMatterValue, parseFrontMatter} from './front-matter.ts';
import {readAllowedTools} from './read-allowed-tools.ts';
import {readSkillFolder} from './read-skill-folder.ts';
import {readMetadata} from './skill-metadata.ts';

export type LoadedSkill =
  | {readonly skill: Skill; readonly problems?: undefined}
  | {readonly problems: readonly Problem[]; readonly skill?: undefined};

/** Reads a skill folder once, whole. Never throws; a skill with any problem is not used. `label` is how messages call the folder. */
export function loadSkill(directory: string, options: {source: Skill['source']; label?: string}): LoadedSkill {
  const label = options.label ?? directory;
  const file = `${label}/SKILL.md`;
  const {folder, fault} = readSkillFolder(directory);
  if (fault !== undefined) return {problems: [{file: label, message: fault}]};
  const bytes = folder.files.get('SKILL.md');
  if (bytes === undefined) return {problems: [{file: label, message: 'the folder holds no SKILL.md'}]};
  const text = decode(bytes);
  if (text === undefined) return {problems: [{file, message: 'the file is not UTF-8 text'}]};
  const matter = parseFrontMatter(text);
  if (matter.fault !== undefined) return {problems: [{file, ...matter.fault}]};

  const problems: Problem[] = [];
  const add = (key: string, message: string): void => {
    problems.push({file, line: matter.lineOf(key), column: 1, path: key, message});
  };
  const name = checkName(matter.data['name'], path.basename(directory), message => add('name', message));
  const description = checkDescription(matter.data['description'], message => add('description', message));
  const {metadata, faults} = readMetadata(matter.data['metadata']);
  for (const message of faults) add('metadata', message);
  const toolFaults: string[] = [];
  const allowedTools = readAllowedTools(matter.data['allowed-tools'], toolFaults);
  for (const message of toolFaults) add('allowed-tools', message);
  if (matter.body.trim() === '')
    problems.push({file, line: 1, column: 1, message: 'there are no instructions below the front matter'});
  if (problems.length > 0) return {problems};

  const template = folder.files.get('template.md');
  const templateText = template === undefined ? undefined : decode(template);
  return {
    skill: {
      name,
      description,
      directory,
      source: options.source,
      instructions: matter.body.trimEnd(),
      ...(templateText === undefined ? {} : {template: templateText}),
      references: referencesIn(folder.files),
      ...metadata,
      ...(folder.files.has('scripts/run') ? {hasScript: true} : {}),
      allowedTools,
      ...optionalText(matter, 'license'),
      ...optionalText(matter, 'compatibility'),
      digest: folder.digest,
    },
  };
}

function checkName(value: FrontMatterValue | undefined, folder: string, add: (message: string) => void): string {
  if (typeof value !== 'string' || value === '') add('"name" is missing');
  else if (value.length > 64) add('the name is longer than 64 characters');
  else if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(value))
    add(`the name may hold lowercase letters, digits and single hyphens, found ${JSON.stringify(value)}`);
  else if (value !== folder)
    add(`the name ${JSON.stringify(value)} must be that of its folder, ${JSON.stringify(folder)}`);
  return String(value);
}

function checkDescription(value: FrontMatterValue | undefined, add: (message: string) => void): string {
  if (typeof value !== 'string' || value.trim() === '') add('"description" is missing');
  else if (value.length > 1024) add(`the description is longer than 1024 characters: ${value.length}`);
  return String(value).trim();
}

function referencesIn(files: ReadonlyMap<string, Buffer>): Map<string, string> {
  const references = new Map<string, string>();
  for (const [file, bytes] of files) {
    if (!file.startsWith('references/')) continue;
    const text = decode(bytes);
    // Pictures and the like are part of the digest, but cannot be shown as text.
    if (text !== undefined) references.set(file, text);
  }
  return references;
}

function optionalText(
  matter: FrontMatter & {fault?: undefined},
  key: 'license' | 'compatibility',
): {[name: string]: string} {
  const value = matter.data[key];
  return typeof value === 'string' && value !== '' ? {[key]: value} : {};
}

function decode(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch {
    // `fatal` throws nothing but "not UTF-8".
    return undefined;
  }
}
