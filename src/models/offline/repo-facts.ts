import type {RepoContext, ShownFile} from '../../domain/context.ts';
import {countLanguages, isSamplePath, isTestPath, type LanguageShare, languageOf} from './languages.ts';
import {listPaths} from './list-paths.ts';
import type {Command, EntryPoint, Manifest} from './manifest.ts';
import {isPlainWord, textOf} from './manifest.ts';
import {firstParagraph} from './markdown-sections.ts';
import {type CodeFacts, leadingComment, readCode} from './read-code.ts';
import {readManifests} from './read-manifests.ts';

/** What can be read off a repo without understanding it. Untrusted text, not yet escaped, but for `summary`. */
export interface RepoFacts {
  readonly name: string;
  /** Markdown when a person wrote it in the README, else plain text. */
  readonly summary?: {readonly text: string; readonly isMarkdown: boolean};
  readonly paths: readonly string[];
  /** Files that are counted but not named, by folder. */
  readonly unnamed: ReadonlyMap<string, number>;
  readonly languages: readonly LanguageShare[];
  /** Those nearest to the root: the others are packages below. */
  readonly manifests: readonly Manifest[];
  readonly nested: readonly Manifest[];
  readonly commands: readonly Command[];
  readonly entryPoints: readonly EntryPoint[];
  readonly tests: readonly string[];
  readonly ci: readonly string[];
  readonly locks: readonly string[];
  readonly license?: {readonly name?: string; readonly path?: string; readonly saidBy?: string};
  readonly readme?: ShownFile;
  readonly code: CodeFacts;
}

export function gatherFacts(context: RepoContext): RepoFacts {
  const {paths, unnamed} = listPaths(context);
  const own = paths.filter(path => !isSamplePath(path));
  const all = readManifests(context, paths);
  const manifests = all.filter(({path}) => !path.includes('/'));
  const named = manifests.find(manifest => manifest.name !== undefined);
  const name = textOf(named?.name, 120) ?? context.repo;
  const readme = context.files.find(({path}) => /^readme(?:\.(?:md|markdown|rst|txt))?$/i.test(path));
  const entryPoints = findEntryPoints(context, manifests, paths);
  const summary = summarize(context, {name, manifests, entryPoints, readme});
  const license = findLicense(context, paths, manifests);
  return {
    name,
    ...(summary === undefined ? {} : {summary}),
    paths,
    unnamed,
    languages: countLanguages(own.length > 0 ? own : paths),
    manifests,
    nested: all.filter(({path}) => path.includes('/') && !isSamplePath(path)),
    commands: gatherCommands(context, manifests, entryPoints, name),
    entryPoints,
    tests: own.filter(path => isTestPath(path) && languageOf(path) !== undefined),
    ci: paths.filter(path =>
      /^(?:\.github\/workflows\/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.circleci\/config\.yml|Jenkinsfile|\.travis\.yml|azure-pipelines\.yml|\.ci\/run)$/.test(
        path,
      ),
    ),
    locks: paths.filter(path =>
      /(?:^|\/)(?:package-lock\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|uv\.lock|poetry\.lock|Pipfile\.lock|Cargo\.lock|go\.sum|composer\.lock|Gemfile\.lock|mix\.lock|deno\.lock)$/.test(
        path,
      ),
    ),
    ...(license === undefined ? {} : {license}),
    ...(readme === undefined ? {} : {readme}),
    code: readCode(context.files),
  };
}

/** The words of a person win: README, then manifest, page or comment above the code that is started, then the fleet file. */
function summarize(
  context: RepoContext,
  {
    name,
    manifests,
    entryPoints,
    readme,
  }: Pick<RepoFacts, 'name' | 'manifests' | 'entryPoints'> & {
    readme: ShownFile | undefined;
  },
): RepoFacts['summary'] {
  const paragraph = readme === undefined ? undefined : firstParagraph(readme.text);
  if (paragraph !== undefined) return {text: paragraph, isMarkdown: true};
  const page = context.files.find(({path}) => path === 'index.html')?.text.slice(0, 20_000) ?? '';
  const candidates = [
    ...manifests.map(manifest => manifest.description),
    /<meta name="description" content="([^"]{8,300})"/.exec(page)?.[1],
    ...context.files.filter(({path}) => entryPoints.some(entry => entry.path === path)).map(leadingComment),
    context.description,
  ];
  const text = candidates.find(candidate => candidate !== undefined && candidate.trim().length >= 8);
  if (text === undefined) return undefined;
  // comments begin with the name by custom: `Command x is …`, `x: …`
  const bare = text.replace(/^(?:Command|Package|Crate) (?=\w)/, '').replace(/^[\w-]{1,40}: (?=\w)/, '');
  const isNamed = bare.toLowerCase().startsWith(`${name.toLowerCase()} `);
  return {text: isNamed ? bare : `${bare[0]!.toUpperCase()}${bare.slice(1)}`, isMarkdown: false};
}

function findEntryPoints(context: RepoContext, manifests: readonly Manifest[], paths: readonly string[]): EntryPoint[] {
  const hasMain = (path: string): boolean =>
    !path.endsWith('.c') || context.files.some(file => file.path === path && /\bmain\s?\(/.test(file.text));
  const known = manifests.flatMap(manifest => manifest.entryPoints ?? []).filter(entry => paths.includes(entry.path));
  const taken = new Set(known.map(entry => entry.path));
  const guessed = conventional.flatMap(([pattern, role]) =>
    paths
      .filter(path => pattern.test(path) && !taken.has(path) && hasMain(path))
      .slice(0, 3)
      .map(path => ({path, role})),
  );
  return known.length > 0 ? known : guessed.slice(0, 5);
}

// places where a program begins when no manifest says so
const conventional: readonly (readonly [RegExp, string])[] = [
  [/^(?:src\/)?main\.(?:c|cc|cpp|rs|py|go|ts|js|rb|php|swift|dart|zig)$/, 'main program'],
  [/^src\/main\/(?:java|kotlin)\/(?:[^/]+\/)*(?:Main|App|Application)\.(?:java|kt)$/, 'main class'],
  [/^Program\.cs$/, 'main program'],
  [/^(?:src\/)?(?:app|server|cli|index)\.(?:py|ts|js|mjs|rb|php)$/, 'main program'],
  [/^index\.html$/, 'the page'],
  [/^(?:src\/)?[\w-]+\.c$/, 'main program'],
];

function gatherCommands(
  context: RepoContext,
  manifests: readonly Manifest[],
  entryPoints: readonly EntryPoint[],
  name: string,
): Command[] {
  const image =
    name
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, '-')
      .replace(/^[._-]+|[._-]+$/g, '') || 'image';
  const commands = manifests
    .flatMap(manifest => manifest.commands ?? [])
    .map(it => ({...it, command: it.command.replace(/\bNAME\b/g, image)}));
  // a make target of the name of a C file is the program itself
  for (const {path} of entryPoints) {
    const program = /^([\w-]+)\.c$/.exec(path)?.[1];
    const makefile = context.files.find(file => /^(?:GNU)?[Mm]akefile$/.test(file.path));
    if (program !== undefined && makefile !== undefined && `\n${makefile.text}`.includes(`\n${program}:`))
      commands.push({kind: 'run', command: `./${program}`});
  }
  // without dependencies the compiled classes run as they are
  const maven = manifests.find(({stack}) => stack === 'Java with Maven');
  for (const {path} of maven?.dependencies?.length === 0 ? entryPoints : []) {
    const main = /^src\/main\/java\/([\w/]{1,200})\.java$/.exec(path)?.[1];
    if (main !== undefined)
      commands.push({kind: 'run', command: `java -cp target/classes ${main.replaceAll('/', '.')}`});
  }
  const manifestTexts = context.files.filter(({path}) => manifests.some(it => it.path === path)).map(({text}) => text);
  for (const file of context.files) {
    if (!/^[\w-]+\.sh$/.test(file.path) || !file.text.startsWith('#!') || !isPlainWord(file.path)) continue;
    if (commands.some(({command, note}) => command.includes(file.path) || note?.includes(file.path) === true)) continue;
    if (manifestTexts.some(text => text.includes(file.path))) continue;
    commands.push({
      kind: /test|check/.test(file.path) ? 'test' : 'other',
      command: `./${file.path}`,
      note: leadingComment(file),
    });
  }
  const seen = new Set<string>();
  return commands.filter(({command, note}) => {
    // a script that only starts what is listed already says nothing new
    if (seen.has(command) || (note !== undefined && seen.has(note))) return false;
    seen.add(command);
    return true;
  });
}

function findLicense(
  context: RepoContext,
  paths: readonly string[],
  manifests: readonly Manifest[],
): RepoFacts['license'] {
  const path = paths.find(it => /^(?:licen[sc]e|copying)(?:[.-][\w.-]{1,20})?$/i.test(it));
  const said = manifests.find(manifest => manifest.license !== undefined);
  const head = context.files.find(file => file.path === path)?.text.slice(0, 2000) ?? '';
  const name = said?.license ?? licenseTexts.find(([pattern]) => pattern.test(head))?.[1];
  if (path === undefined && name === undefined) return undefined;
  return {
    ...(name === undefined ? {} : {name}),
    ...(path === undefined ? {} : {path}),
    ...(said === undefined ? {} : {saidBy: said.path}),
  };
}

const licenseTexts: readonly (readonly [RegExp, string])[] = [
  [/MIT License|Permission is hereby granted, free of charge/, 'MIT'],
  [/Apache License\s+Version 2\.0/, 'Apache-2.0'],
  [/GNU AFFERO GENERAL PUBLIC LICENSE/, 'AGPL-3.0'],
  [/GNU LESSER GENERAL PUBLIC LICENSE/, 'LGPL'],
  [/GNU GENERAL PUBLIC LICENSE\s+Version 3/, 'GPL-3.0'],
  [/GNU GENERAL PUBLIC LICENSE\s+Version 2/, 'GPL-2.0'],
  [/Mozilla Public License Version 2\.0/, 'MPL-2.0'],
  [/Redistribution and use in source and binary forms/, 'BSD'],
  [/ISC License|Permission to use, copy, modify, and\/or distribute/, 'ISC'],
];
