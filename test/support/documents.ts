import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

export interface Document {
  /** Relative to the root of the project. */
  readonly file: string;
  readonly text: string;
  readonly fences: readonly {readonly language: string; readonly text: string}[];
  /** Text of every inline code span outside of fences. */
  readonly spans: readonly string[];
}

/** Every Markdown file for people: those at the root and those below docs. */
export function readDocuments(): Document[] {
  const files = [
    ...readdirSync(root).filter(name => name.endsWith('.md')),
    ...readdirSync(path.join(root, 'docs'), {recursive: true, encoding: 'utf8'})
      .filter(name => name.endsWith('.md'))
      .map(name => path.join('docs', name)),
  ];
  return files.sort().map(file => parseDocument(file, readFileSync(path.join(root, file), 'utf8')));
}

function parseDocument(file: string, text: string): Document {
  const fences: {language: string; text: string}[] = [];
  const prose = text.replaceAll(
    /^( *)```(\w*)\n([\s\S]*?)^\1```$/gm,
    (_, indent: string, language: string, body: string) => {
      fences.push({language, text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '')});
      return '';
    },
  );
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(match => match[1]!);
  return {file, text, fences, spans};
}

/** The command lines of orchestrator in a piece of shell, as words after the program's name. Knows as much of the shell as examples use. */
export function findCommandLines(shell: string): string[][] {
  const tokens = shell
    .replaceAll(/[ \t]*\\\n\s*/g, ' ')
    .replaceAll('&amp;', '&')
    .replaceAll(/<\/?string>/g, ' ')
    .replaceAll(/^ExecStart=/gm, '')
    .replaceAll(/(?:^|\s)#.*$/gm, '')
    // What stands in a column of its own explains the command.
    .replaceAll(/(\S) {2,}\S.*$/gm, '$1')
    .matchAll(/\s*(?:(\n|&&|\|\||[;|])|(\d?>>?&?\s*\S+|<\/dev\/null|&)|((?:'[^']*'|"(?:\\.|[^"\\])*"|[^\s;|&<>])+))/g);
  const commands: string[][] = [[]];
  for (const [whole, separator, ignored, word] of tokens) {
    if (separator !== undefined || whole.includes('\n')) commands.push([]);
    if (ignored !== undefined || word === undefined) continue;
    const plain = word.replaceAll(
      /'([^']*)'|"((?:\\.|[^"\\])*)"/g,
      (_, single?: string, double?: string) => single ?? double ?? '',
    );
    // A script inside of quotes, as in: sh -c '…'
    if (plain.includes('&&')) commands.push(...findCommandLines(plain).map(words => ['orchestrator', ...words]), []);
    else commands.at(-1)!.push(plain);
  }
  return commands.flatMap(words => {
    const at = words.indexOf('orchestrator');
    const isProgram =
      at >= 0 && words.slice(0, at).every(word => /^(?:nohup|exec|\/usr\/bin\/env|\w+=.*|[\d*]+)$/.test(word));
    return isProgram ? [words.slice(at + 1)] : [];
  });
}
