import {isOfflineNotice} from './notice.ts';

/** A heading and what stands below it, up to the next heading of the same or a higher level. */
export interface Section {
  /** Text of the heading; empty for what stands before the first one. */
  readonly heading: string;
  /** 1 to 6; 0 for what stands before the first heading. */
  readonly level: number;
  /** Lines, the heading included. */
  readonly lines: readonly string[];
}

/** Cuts Markdown at its ATX headings outside of fences. Joining all lines again gives the same text. */
export function splitSections(markdown: string): Section[] {
  const sections: {heading: string; level: number; lines: string[]}[] = [{heading: '', level: 0, lines: []}];
  let fence: string | undefined;
  for (const line of markdown.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined) {
      if (fence === undefined) fence = mark;
      else if (mark[0] === fence[0] && mark.length >= fence.length && line.trim() === mark) fence = undefined;
    }
    const heading =
      fence === undefined && mark === undefined ? /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/.exec(line.slice(0, 500)) : null;
    if (heading === null) sections.at(-1)!.lines.push(line);
    else
      sections.push({
        heading: (heading[2] ?? '').replace(/[ \t]+#+[ \t]*$/, '').trim(),
        level: heading[1]!.length,
        lines: [line],
      });
  }
  return sections;
}

/** The first paragraph of prose: no heading, badge, picture, list, table, HTML or code. */
export function firstParagraph(markdown: string): string | undefined {
  for (const {lines} of splitSections(markdown.slice(0, 20_000)).slice(0, 4)) {
    for (const paragraph of paragraphs(lines)) {
      if (
        isOfflineNotice(paragraph) ||
        /^(?:[#<>|`~]|[*+-] |!\[|\[!\[|\[[^\]]{0,100}\]:|\d{1,3}\. |={3,}|-{3,})/.test(
          paragraph.replace(/^\*(?=\w)/, ''),
        )
      )
        continue;
      if (/^[^\n]{1,200}\n(?:={2,}|-{2,})\s*$/.test(paragraph) || paragraph.length < 12) continue;
      return paragraph.length <= 700 ? paragraph : undefined;
    }
  }
  return undefined;
}

function paragraphs(lines: readonly string[]): string[] {
  const found: string[] = [];
  let current: string[] = [];
  let inFence = false;
  for (const line of [...lines, '']) {
    if (/^ {0,3}(?:```|~~~)/.test(line)) inFence = !inFence;
    if (line.trim() !== '' && !/^ {0,3}#{1,6}(?:\s|$)/.test(line)) current.push(line);
    else if (!inFence && current.length > 0) {
      found.push(current.join('\n').trim());
      current = [];
    }
  }
  return found;
}
