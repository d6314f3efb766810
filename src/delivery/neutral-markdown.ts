import {escapeLine} from '../util/escape-text.ts';
import {isPlain, isReference, stripMarks} from '../util/plain-words.ts';
import {cutText, shorten} from '../util/quote-text.ts';

export interface QuoteLimits {
  readonly maxLines: number;
  readonly maxCharacters: number;
}

/**
 * Untrusted text as a quotation that a forge shows and does not act on: words stay words, and everything that could be a mention, a reference,
 * a command, a link, an image or markup stands in a code span. Line by line, so that nothing leads out of the quotation.
 */
export function quoteAsMarkdown(text: string, {maxLines, maxCharacters}: QuoteLimits): string {
  const cut = cutText(text, maxCharacters);
  const lines = dropEmptyRuns(cut.split(/\r\n|[\n\r\u2028\u2029]/).map(neutraliseLine));
  const kept = lines.slice(0, maxLines);
  const isWhole = cut === text && kept.length === lines.length;
  return [...kept, ...(isWhole ? [] : ['', '(cut here)'])].map(line => (line === '' ? '>' : `> ${line}`)).join('\n');
}

/** Untrusted text as one code span, in which nothing is a mention or a reference. */
export function codeSpan(text: string, maxCharacters = 200): string {
  // A mention, and a word that closes an issue, count even in a code span once a squash has made the body a commit message.
  const shown = shorten(escapeLine(text), maxCharacters)
    .replace(/(?<![A-Za-z0-9_])@(?=[\p{L}\p{N}_-])/gu, '@ ')
    .replace(/\b((?:clos|fix|resolv|implement)[a-z]{0,4}:?)\s+(?=\S*\d|issue)/gi, '$1 · ');
  const runs = [...shown.matchAll(/`+/g)].map(([run]) => run.length);
  const fence = '`'.repeat(Math.max(0, ...runs) + 1);
  const pad = shown.startsWith('`') || shown.endsWith('`') || shown.trim() === '' ? ' ' : '';
  // A bar would end the cell of a table; outside of one the escape would show, so that another sign stands for it.
  return `${fence}${pad}${shown.replaceAll('|', '¦')}${pad}${fence}`;
}

interface Token {
  readonly text: string;
  readonly kind: 'plain' | 'code' | 'mark';
}

function neutraliseLine(line: string): string {
  const bullet = /^\s*[-*+]\s+/.test(line) ? '- ' : '';
  const parts = stripMarks(line).split(/(`[^`]+`)/);
  const tokens = parts.flatMap((part): Token[] => {
    if (part.length > 2 && part.startsWith('`') && part.endsWith('`')) {
      const inner = part.slice(1, -1).trim();
      return inner === '' ? [] : [{text: inner, kind: 'code'}];
    }
    return part
      .split(/\s+/)
      .filter(word => word !== '')
      .flatMap(toTokens);
  });
  let shown = '';
  for (let index = 0; index < tokens.length; index++) {
    const {text, kind} = tokens[index]!;
    if (kind === 'mark' && shown !== '') {
      shown += text;
      continue;
    }
    const run = [text];
    while (kind === 'code' && tokens[index + 1]?.kind === 'code') run.push(tokens[++index]!.text);
    shown += `${shown === '' ? '' : ' '}${kind === 'code' ? codeSpan(run.join(' '), 400) : text}`;
  }
  return shown === '' ? '' : `${bullet}${shown}`;
}

function toTokens(word: string): Token[] {
  const bare = word.replace(/^(?:\*\*?|__?)(?=\S)|(?<=\S)(?:\*\*?|__?)(?=[.,;:]?$)/g, '');
  if (/^[.,;:?]{1,3}$/.test(bare)) return [{text: bare, kind: 'mark'}];
  if (isPlain(bare) && !isReference(bare)) return [{text: bare, kind: 'plain'}];
  // What ends a sentence is no part of a name.
  const [, core = '', end = ''] = /^(.*?)([.,;:?]?)$/su.exec(bare) ?? [];
  if (core === '') return [{text: bare, kind: 'code'}];
  return [{text: core, kind: 'code'}, ...(end === '' ? [] : [{text: end, kind: 'mark'} as const])];
}

function dropEmptyRuns(lines: readonly string[]): string[] {
  const kept = lines.filter((line, index) => line !== '' || (index > 0 && lines[index - 1] !== ''));
  while (kept.at(-1) === '') kept.pop();
  return kept;
}
