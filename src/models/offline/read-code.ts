import type {ShownFile} from '../../domain/context.ts';
import {isSamplePath, isTestPath, languageOf} from './languages.ts';

/** Something a line of code says, and where. */
export interface Sighting {
  readonly path: string;
  readonly line: number;
  readonly name: string;
  readonly detail?: string | undefined;
}

export interface CodeFacts {
  /** What the program prints as its usage. */
  readonly usage: readonly Sighting[];
  readonly environment: readonly Sighting[];
  readonly options: readonly Sighting[];
  readonly routes: readonly Sighting[];
}

const longestLine = 400;

// variables of every process: reading one is no configuration
const everywhere = new Set([
  'PATH',
  'HOME',
  'USER',
  'SHELL',
  'TMPDIR',
  'TEMP',
  'TMP',
  'PWD',
  'LANG',
  'TERM',
  'SYSTEMROOT',
]);

/** Reads what simple patterns find in the code that is shown; test files do not count. */
export function readCode(files: readonly ShownFile[]): CodeFacts {
  const facts = {
    usage: [] as Sighting[],
    environment: [] as Sighting[],
    options: [] as Sighting[],
    routes: [] as Sighting[],
  };
  const seen = new Set<string>();
  const add = (list: Sighting[], sighting: Sighting, kind: string): void => {
    const key = `${kind} ${sighting.name}`;
    if (seen.has(key) || list.length >= 40) return;
    seen.add(key);
    list.push(sighting);
  };
  for (const {path, text} of files) {
    if (languageOf(path) === undefined || isTestPath(path) || isSamplePath(path)) continue;
    text.split('\n').forEach((raw, index) => {
      if (raw === '') return;
      const line = raw.slice(0, longestLine);
      const at = {path, line: index + 1};
      const usage = /["'`]\s?[Uu]sage: ?([\w][^"'`\\]{2,120})/.exec(line)?.[1]?.trim();
      if (usage !== undefined && !/[%{]/.test(usage)) add(facts.usage, {...at, name: usage}, 'usage');
      for (const name of environmentNames(line))
        if (!everywhere.has(name)) add(facts.environment, {...at, name}, 'environment');
      const option = optionOf(line);
      if (option !== undefined) add(facts.options, {...at, ...option}, 'option');
      const route = routeOf(line);
      if (route !== undefined) add(facts.routes, {...at, name: route}, 'route');
    });
  }
  return facts;
}

/** The comment that says what a file is, as one line: at its beginning, else above its first declaration. */
export function leadingComment(file: ShownFile): string | undefined {
  return commentAtTop(file) ?? commentAboveDeclaration(file);
}

function commentAboveDeclaration(file: ShownFile): string | undefined {
  const lines = file.text.slice(0, 8000).split('\n', 80);
  const start = lines.findIndex(
    (line, index) => index > 0 && /^(?:\/\/\/?|#|--) ?[A-Za-z]/.test(line) && lines[index - 1]!.trim() === '',
  );
  if (start < 0) return undefined;
  let end = start;
  while (/^(?:\/\/|#|--)/.test(lines[end] ?? '')) end++;
  const isDeclaration =
    /^(?:(?:pub|export|static|async|public|final)\b.{0,40} )?(?:func|type|class|def|fn|struct|function|interface|module|const)\b/.test(
      lines[end] ?? '',
    );
  const text = lines
    .slice(start, end)
    .map(line => line.replace(/^(?:\/\/\/?|#|--) ?/, ''))
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();
  return isDeclaration && text.length >= 8 ? text : undefined;
}

function commentAtTop(file: ShownFile): string | undefined {
  const lines = file.text
    .slice(0, 6000)
    .split('\n', 60)
    .map(line => line.trim());
  let index = 0;
  while (
    index < lines.length &&
    /^(?:$|#!|<\?php|<\?xml|<!doctype|package [\w.;]+$|import\b|from\b|use\b|using\b|'use strict'|"use strict"|#include)/i.test(
      lines[index]!,
    )
  ) {
    // `package main` ends the head of a Go file: its comment stands above
    index++;
  }
  const first = lines[index] ?? '';
  let text = '';
  const block = /^(\/\*\*?|"""|'''|<!--|\(\*|=begin)/.exec(first)?.[1];
  if (block !== undefined) {
    const end = block.startsWith('/*')
      ? '*/'
      : block === '<!--'
        ? '-->'
        : block === '(*'
          ? '*)'
          : block === '=begin'
            ? '=end'
            : block;
    const rest = [first.slice(block.length), ...lines.slice(index + 1)].join('\n');
    const close = rest.indexOf(end);
    text =
      close < 0
        ? ''
        : rest
            .slice(0, close)
            .replace(/^[ \t]*\*[ \t]?/gm, '')
            .split(/\n[ \t]*\n/, 1)[0]!;
  } else {
    const mark = /^(\/\/[/!]?|#(?![!\w[])|--(?!-)|;;?)/.exec(first)?.[1];
    if (mark === undefined) return undefined;
    for (; index < lines.length && lines[index]!.startsWith(mark) && lines[index] !== mark; index++)
      text += ` ${lines[index]!.slice(mark.length)}`;
  }
  const line = text.replace(/\s+/g, ' ').trim();
  const isNoise = /copyright|licen[sc]e|SPDX|eslint|biome|prettier|@ts-|generated|coding[:=]|^[-=*#\s]*$|vim:/i.test(
    line,
  );
  return line.length < 8 || isNoise ? undefined : line;
}

/** The first sentence of a text, without its final full stop. */
export function firstSentence(text: string): string {
  const end = /[.!?](?=\s|$)/.exec(text)?.index;
  return end === undefined ? text : text.slice(0, end);
}

function environmentNames(line: string): string[] {
  const pattern =
    /(?:process\.env\.|process\.env\[["']|os\.environ(?:\.get\(|\[)["']|os\.getenv\(["']|os\.Getenv\("|os\.LookupEnv\("|ENV(?:\.fetch\(|\[)["']|env::var\("|System\.getenv\("|getenv\("|\$\{)([A-Z][A-Z0-9_]{2,60})(?![a-z(])/g;
  // a dollar sign means the environment in shell scripts alone, and only with a default or a demand behind it
  return [...line.matchAll(pattern)]
    .filter(match => !match[0].startsWith('${') || /^:[-?=]/.test(line.slice(match.index + match[0].length)))
    .map(match => match[1]!);
}

function optionOf(line: string): {name: string; detail?: string | undefined} | undefined {
  const python = /\.add_argument\(\s?(?:["'](-\w)["'], ?)?["'](--[\w-]{1,40}|\w[\w-]{0,40})["']/.exec(line);
  if (python !== null)
    return {
      name: python[2]!,
      detail: withDefault(
        /help=["']([^"']{1,160})["']/.exec(line)?.[1],
        /default=["']([^"']{1,40})["']/.exec(line)?.[1],
      ),
    };
  const go =
    /flag\.(?:String|Int|Bool|Duration|Float64|Uint)(?:Var\(&?[\w.]{1,60}, ?|\()"([\w.-]{1,40})", ?([^,]{1,60}), ?"([^"]{1,160})"/.exec(
      line,
    );
  if (go !== null)
    return {name: `-${go[1]}`, detail: withDefault(go[3], go[2]!.replaceAll('"', '').replace(/^(?:false|0)$/, ''))};
  const commander = /\.option\(["']([^"']{2,60})["'], ?["']([^"']{1,160})["']/.exec(line);
  if (commander !== null) return {name: commander[1]!, detail: commander[2]};
  const clap =
    /^\s{0,20}(\w{1,40}): \{type: '(?:string|boolean)'(?:, short: '(\w)')?(?:[^}]{0,80}default: '?([\w.-]{1,40})'?)?/.exec(
      line,
    );
  if (clap !== null)
    return {
      name: clap[2] === undefined ? `--${clap[1]}` : `-${clap[2]}, --${clap[1]}`,
      detail: withDefault(undefined, clap[3]?.replace(/^false$/, '')),
    };
  return undefined;
}

function withDefault(help: string | undefined, standard: string | undefined): string | undefined {
  const given = standard === undefined || standard === '' ? undefined : `default ${standard}`;
  return [help, given].filter(part => part !== undefined).join('; ') || undefined;
}

function routeOf(line: string): string | undefined {
  const go = /\.Handle(?:Func)?\("((?:(?:GET|POST|PUT|PATCH|DELETE|HEAD) )?\/[^"\s]{0,100})"/.exec(line)?.[1];
  if (go !== undefined) return go;
  const chained = /\b(?:app|router|api|server)\.(get|post|put|patch|delete)\(["'`](\/[^"'`\s]{0,100})["'`]/.exec(line);
  return chained === null ? undefined : `${chained[1]!.toUpperCase()} ${chained[2]}`;
}
