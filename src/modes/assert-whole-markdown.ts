import {JobFailure} from '../domain/outcome.ts';
import type {Skill} from '../domain/skill.ts';
import {readOpening} from '../util/document-opening.ts';
import {type MarkdownLine, type MarkdownLines, readMarkdownLines} from '../util/markdown-lines.ts';
import {quoteText} from '../util/quote-text.ts';
import {isCloser, isOpener} from './conversation.ts';

/** Throws when the text is not one whole Markdown document: talk around it, the end missing, or parts of the template left in. */
export function assertWholeMarkdown(path: string, text: string, skill: Pick<Skill, 'template' | 'checks'>): void {
  const markdown = readMarkdownLines(text.trim());
  assertNoTalkBefore(path, markdown, skill.checks.heading ?? true);
  assertNoInnerDocument(path, markdown.lines);
  assertNoTalkAfter(path, markdown.lines);
  assertNotCut(path, markdown);
  assertNoPlaceholder(path, markdown.lines, skill.template);
}

function assertNoTalkBefore(path: string, {lines}: MarkdownLines, needsHeading: boolean): void {
  const opening = readOpening(lines);
  const announcement = [...opening.notices, opening.line].find(isOpener);
  if (announcement !== undefined) throw chatter(path, 'before', announcement);
  if (opening.kind !== 'text' || !needsHeading) return;
  // Prose and then a document: whatever its words, it is not part of the file.
  const isDocument = ({text, kind}: MarkdownLine): boolean =>
    kind === 'text'
      ? /^#{1,6}\s/.test(text)
      : kind === 'fence' && /^\s*(?:`{3,}|~{3,})\s*(?:markdown|mdx?)\b/i.test(text);
  if (lines.some(isDocument) || lines.some(({text, kind}) => kind === 'code' && /^# \S/.test(text)))
    throw chatter(path, 'before', opening.line);
  throw offFormat(path, `starts with ${quoteText(opening.line, 60)} and has no heading`);
}

/** `# README`, a sentence, and then the file in a fence. */
function assertNoInnerDocument(path: string, lines: readonly MarkdownLine[]): void {
  const start = lines.findIndex(
    ({text, kind}) => kind === 'fence' && /^(?:`{3,}|~{3,})\s*(?:markdown|md)\s*$/i.test(text),
  );
  if (start === -1 || !/^# \S/.test(lines.slice(start + 1).find(({text}) => text.trim() !== '')?.text ?? '')) return;
  const length = (some: readonly MarkdownLine[]): number => some.reduce((sum, {text}) => sum + text.length + 1, 0);
  const inside = lines.slice(start).filter(({kind}) => kind !== 'text');
  const outside = length(lines) - length(inside);
  if (outside < 400 && outside * 4 < length(inside)) throw chatter(path, 'around', lines[0]!.text);
}

const blocksLookedAt = 3;

function assertNoTalkAfter(path: string, lines: readonly MarkdownLine[]): void {
  const blocks: string[][] = [[]];
  for (let index = lines.length - 1; index > 0 && blocks.length <= blocksLookedAt; index--) {
    const {text, kind} = lines[index]!;
    if (kind === 'text' && text.trim() !== '' && !/^#{1,6}\s/.test(text)) blocks.at(-1)!.push(text.trim());
    else if (blocks.at(-1)!.length > 0) blocks.push([]);
  }
  const closing = blocks
    .slice(0, blocksLookedAt)
    .map(block => block.reverse().join(' '))
    .find(isCloser);
  if (closing !== undefined) throw chatter(path, 'after', closing);
}

function assertNotCut(path: string, {lines, unclosed}: MarkdownLines): void {
  if (unclosed !== undefined) throw offFormat(path, `ends inside a ${unclosed}, as when it was cut`);
  const elision = lines.find(
    ({text, kind}, index) => kind !== 'code' && isElision(text.trim(), kind === 'comment', index === lines.length - 1),
  );
  if (elision !== undefined) throw offFormat(path, `leaves something out: ${quoteText(elision.text.trim(), 60)}`);
  const last = lines.at(-1)!;
  if (last.kind === 'text' && endsShort(last.text.trim().slice(-500), lines.at(-2)?.text.trim() ?? '')) {
    throw offFormat(path, `ends with ${quoteText(last.text.trim().slice(-60))}, as when it was cut`);
  }
}

/** `<!-- rest of the file unchanged -->`, `[truncated]`, `(continued in the next message)`, or dots alone at the end. */
function isElision(text: string, isComment: boolean, isLast: boolean): boolean {
  if (!isComment && !isLast) return false;
  if (isLast && /^(?:\.{3,}|…)$/.test(text)) return true;
  return (
    /^(?:<!--|[[(]|[*_](?=\S)|\.{3}|…)/.test(text) &&
    /\b(?:(?:rest|remainder) of (?:the|this)\b|(?:output|response|reply|content|file) (?:was )?(?:truncated|cut off)|truncated|continued? (?:in|below|from)|to be continued|continued[)\].…]|(?:remaining|other|existing) (?:sections?|content|text) (?:stays?|remains?|is|are|unchanged|omitted|here))/i.test(
      text,
    )
  );
}

function endsShort(last: string, before: string): boolean {
  if (/^(?:#{1,6}|[-*+]|\d+[.)]|>)$/.test(last)) return true;
  if (/[,:：，]$/.test(last) && !/^\[[^\]]+\]:/.test(last)) return true;
  if (/\]\([^)]*$/.test(last)) return true;
  return last.startsWith('|') && !last.endsWith('|') && before.startsWith('|') && before.endsWith('|');
}

function assertNoPlaceholder(path: string, lines: readonly MarkdownLine[], template: string | undefined): void {
  if (template === undefined) return;
  const ofTemplate = new Set(Array.from(template.matchAll(placeholder), match => match[1]!.trim()));
  if (ofTemplate.size === 0) return;
  for (const {text, kind} of lines) {
    if (kind === 'code') continue;
    for (const match of text.replaceAll(/`[^`]*`/g, '').matchAll(placeholder)) {
      if (ofTemplate.has(match[1]!.trim()))
        throw offFormat(path, `has the placeholder ${quoteText(match[0], 60)} of the template left in`);
    }
  }
}

const placeholder = /\{\{([^{}\n]{1,200})\}\}/g;

function chatter(path: string, where: 'before' | 'after' | 'around', words: string): JobFailure {
  return new JobFailure(
    'reply-chatter',
    `The reply talks ${where} the file ${quoteText(path)}: ${quoteText(words, 80)}`,
  );
}

function offFormat(path: string, what: string): JobFailure {
  return new JobFailure('reply-off-format', `What the reply gives for ${quoteText(path)} ${what}.`);
}
