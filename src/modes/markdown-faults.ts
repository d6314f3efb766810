import {readMarkdownLines} from '../util/markdown-lines.ts';
import {quoteText} from '../util/quote-text.ts';

/** What keeps a Markdown document from being shown as it was meant: a fence or comment that never ends, a table that is none. */
export function markdownFaults(text: string): string[] {
  const {lines, unclosed} = readMarkdownLines(text);
  const faults = unclosed === undefined ? [] : [`a ${unclosed} is never closed`];
  for (let index = 1; index < lines.length; index++) {
    const [head, delimiter] = [lines[index - 1]!, lines[index]!];
    if (head.kind !== 'text' || delimiter.kind !== 'text' || !isDelimiter(delimiter.text)) continue;
    if (!head.text.includes('|')) continue;
    const columns = cellCount(delimiter.text);
    if (cellCount(head.text) !== columns) {
      faults.push(
        `the table that starts with ${quoteText(head.text.trim(), 60)} has ${cellCount(head.text)} heads over ${columns} columns`,
      );
      continue;
    }
    for (let row = index + 1; lines[row]?.kind === 'text' && /\S/.test(lines[row]!.text); row++) {
      const {text: cells} = lines[row]!;
      if (!cells.includes('|')) break;
      if (cellCount(cells) > columns) {
        faults.push(`the table row ${quoteText(cells.trim(), 60)} has ${cellCount(cells)} cells in ${columns} columns`);
      }
    }
  }
  return faults;
}

/** `| --- | :-: |`; at least one pipe, or it is a line or the underline of a heading. */
function isDelimiter(line: string): boolean {
  const bare = line.replace(/^[\s>]*/, '').trimEnd();
  return bare.includes('|') && /^\|?(?:\s*:?-+:?\s*\|)*\s*:?-+:?\s*\|?$/.test(bare);
}

/** A pipe parts cells everywhere, in code too, unless a backslash stands before it. */
function cellCount(line: string): number {
  const bare = line
    .replace(/^[\s>]*/, '')
    .trimEnd()
    .replaceAll(/\\[|\\]/g, '  ');
  return bare.replace(/^\|/, '').replace(/\|$/, '').split('|').length;
}
