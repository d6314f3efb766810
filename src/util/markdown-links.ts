import {readMarkdownLines} from './markdown-lines.ts';

/** Targets of links and images of a Markdown document, each once, as written. Those inside code do not count. */
export function linkTargets(text: string): string[] {
  const targets = new Set<string>();
  for (const paragraph of paragraphs(text)) {
    const bare = withoutCodeSpans(paragraph);
    for (const pattern of patterns) {
      for (const match of bare.matchAll(pattern)) {
        const target = match[1] ?? match[2] ?? '';
        if (target !== '') targets.add(target.replaceAll(/\\([!-/:-@[-`{-~])/g, '$1'));
      }
    }
  }
  return [...targets];
}

const patterns = [
  // [text](target "title") and [text](<target>), images too; the text may hold an image.
  /\]\(\s*(?:<([^<>\n]*)>|((?:\\.|[^\s()\\]|\([^\s()]*\))+))(?:\s+(?:"[^"]*"|'[^']*'|\([^)]*\)))?\s*\)/g,
  // [name]: target; a footnote is none.
  /^ {0,3}\[(?!\^)[^\]\n]+\]:\s*(?:<([^<>\n]*)>|(\S+))/gm,
  /<(?:a|img|source|link)\b[^<>]*?\s(?:href|src)\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)')/gi,
];

/** Text without code blocks and comments, so that a span of code does not reach over a blank line. */
function paragraphs(text: string): string[] {
  const {lines} = readMarkdownLines(text);
  return lines
    .map(({text: line, kind}) => (kind === 'text' && !/^(?: {4}|\t)\S/.test(line) ? line : ''))
    .join('\n')
    .split(/\n\s*\n/);
}

/** A span ends at the next run of as many backticks; without one the run is text. */
function withoutCodeSpans(text: string): string {
  const runs = [...text.matchAll(/`+/g)].map(({index, 0: {length}}) => ({index, length}));
  const nextOfLength = new Map<number, number>();
  const ends = new Array<number | undefined>(runs.length);
  for (let at = runs.length - 1; at >= 0; at--) {
    const {index, length} = runs[at]!;
    ends[at] = nextOfLength.get(length);
    nextOfLength.set(length, index + length);
  }
  let bare = '';
  let from = 0;
  for (const [at, {index}] of runs.entries()) {
    const end = ends[at];
    if (index < from || end === undefined) continue;
    bare += text.slice(from, index);
    from = end;
  }
  return bare + text.slice(from);
}

/** Names that a link may have behind `#`: of headings as forges make them, and those given by hand. */
export function anchors(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  const {lines} = readMarkdownLines(text);
  const add = (heading: string): void => {
    const slug = slugOf(heading);
    let name = slug;
    for (let count = 1; found.has(name); count++) name = `${slug}-${count}`;
    found.add(name);
  };
  for (const [index, {text: line, kind}] of lines.entries()) {
    if (kind !== 'text') continue;
    const heading = /^ {0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$/.exec(line)?.[1];
    if (heading !== undefined) add(heading);
    else if (/^ {0,3}(?:=+|-+)\s*$/.test(line) && index > 0) add(lines[index - 1]!.text);
    for (const [, double, single] of line.matchAll(/\s(?:id|name)\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)) {
      found.add((double ?? single ?? '').toLowerCase());
    }
    const html = /<h[1-6][^<>]{0,200}>(.{0,300}?)<\/h[1-6]>/i.exec(line)?.[1];
    if (html !== undefined) add(html);
  }
  return found;
}

function slugOf(heading: string): string {
  return heading
    .slice(0, 500)
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/<[^>]*>/g, '')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}
