import type {MarkdownLine} from './markdown-lines.ts';

export interface DocumentOpening {
  /** `title` is a heading of level one, `heading` one of a lower level. */
  readonly kind: 'title' | 'heading' | 'text' | 'code' | 'empty';
  /** First line of content, without `#`. */
  readonly line: string;
  /** One-line notices in italics before it. */
  readonly notices: readonly string[];
}

/** What a Markdown document starts with, after front matter, comments, notices, badges, quotes and a block of HTML such as a logo. */
export function readOpening(lines: readonly MarkdownLine[]): DocumentOpening {
  const notices: string[] = [];
  let index = frontMatterEnd(lines);
  while (index < lines.length) {
    const {text: line, kind} = lines[index]!;
    const text = line.trim();
    if (kind === 'fence') return {kind: 'code', line: text, notices};
    if (/^<\/?[a-z]/i.test(text) && !/^<(?:https?:|[^\s>]+@)/i.test(text)) {
      const end = htmlBlockEnd(lines, index);
      const title = htmlTitle(
        lines
          .slice(index, end)
          .map(each => each.text)
          .join('\n'),
      );
      if (title !== undefined) return {kind: 'title', line: title, notices};
      index = end;
      continue;
    }
    index++;
    if (text === '' || kind === 'comment' || isDecoration(text)) continue;
    if (/^\*[^*\s][^*]*\*$|^_[^_\s][^_]*_$/.test(text) && (lines[index]?.text ?? '').trim() === '') {
      notices.push(text.slice(1, -1));
      continue;
    }
    const heading = /^(#{1,6})(?:\s+(.*))?$/.exec(text);
    if (heading !== null) return {kind: heading[1] === '#' ? 'title' : 'heading', line: heading[2] ?? '', notices};
    const underline = lines[index]?.text ?? '';
    if (/^=+\s*$/.test(underline)) return {kind: 'title', line: text, notices};
    if (/^-{2,}\s*$/.test(underline)) return {kind: 'heading', line: text, notices};
    return {kind: 'text', line: text, notices};
  }
  return {kind: 'empty', line: '', notices};
}

/** Index after the front matter; 0 without. A rule (`---`) with prose after it is none. */
function frontMatterEnd(lines: readonly MarkdownLine[]): number {
  const mark = lines[0]?.text.trimEnd();
  if (mark !== '---' && mark !== '+++') return 0;
  for (let index = 1; index < Math.min(lines.length, 200); index++) {
    const line = lines[index]!.text;
    if (line.trimEnd() === mark) return index + 1;
    if (!/^\s*$|^\s*#|^\s|^- |^[\w."'-]+\s*[:=]|^\[/.test(line)) return 0;
  }
  return 0;
}

function htmlBlockEnd(lines: readonly MarkdownLine[], start: number): number {
  let end = start;
  while (
    end < lines.length &&
    lines[end]!.text.trim() !== '' &&
    lines[end]!.kind === 'text' &&
    !/^#{1,6}\s/.test(lines[end]!.text)
  )
    end++;
  return Math.max(end, start + 1);
}

/** The words of the first `<h1>`; of a logo, its `alt`. */
function htmlTitle(block: string): string | undefined {
  const inside = /<h1(?=[\s>])[^<>]*>([\s\S]*)/i.exec(block)?.[1]?.split(/<\/h1/i, 1)[0];
  if (inside === undefined) return undefined;
  const words = inside.replaceAll(/<[^<>]*>/g, '').trim();
  return words === '' ? (/\balt="([^"]*)"/i.exec(inside)?.[1] ?? '').trim() : words;
}

/** Badges, images, link definitions, rules, quotes and rows of links: what may stand above a title. */
function isDecoration(text: string): boolean {
  if (/^\[?!\[|^\[[^\]]+\]:\s|^(?:-\s*){3,}$|^(?:\*\s*){3,}$|^(?:_\s*){3,}$|^>|^&nbsp;$/.test(text)) return true;
  return (
    text.length < 2000 && text.startsWith('[') && /^[\s|·•*-]*$/.test(text.replaceAll(/\[[^[\]]*\]\([^()]*\)/g, ''))
  );
}
