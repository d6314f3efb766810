import {splitLines} from './compare-lines.ts';
import {diffLines, type LineChange} from './diff-lines.ts';

/** One line of a hunk: what stands before it in a patch, and the line with its line feed, which the last may lack. */
export interface HunkLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

export interface Hunk {
  /** `@@ -1,3 +1,4 @@` */
  readonly header: string;
  readonly lines: readonly HunkLine[];
}

const contextLines = 3;

/** The hunks of a unified diff with three lines of context. */
export function diffHunks(before: string, after: string): Hunk[] {
  const [old, now] = [splitLines(before), splitLines(after)];
  const groups: LineChange[][] = [];
  for (const change of diffLines(old, now)) {
    const last = groups.at(-1);
    if (last !== undefined && change.oldStart - last.at(-1)!.oldEnd <= 2 * contextLines) last.push(change);
    else groups.push([change]);
  }
  return groups.map(group => toHunk(group, old, now));
}

export function renderHunk({header, lines}: Hunk): string {
  const body = lines.map(({sign, text}) =>
    text.endsWith('\n') ? sign + text : `${sign}${text}\n\\ No newline at end of file\n`,
  );
  return `${header}\n${body.join('')}`;
}

function toHunk(group: readonly LineChange[], old: readonly string[], now: readonly string[]): Hunk {
  const [first, last] = [group[0]!, group.at(-1)!];
  const lead = Math.min(contextLines, first.oldStart);
  const trail = Math.min(contextLines, old.length - last.oldEnd);
  const lines: HunkLine[] = [];
  const push = (sign: HunkLine['sign'], from: readonly string[], start: number, end: number): void => {
    for (let at = start; at < end; at++) lines.push({sign, text: from[at]!});
  };
  let at = first.oldStart - lead;
  for (const change of group) {
    push(' ', old, at, change.oldStart);
    push('-', old, change.oldStart, change.oldEnd);
    push('+', now, change.newStart, change.newEnd);
    at = change.oldEnd;
  }
  push(' ', old, at, at + trail);
  const oldRange = range(first.oldStart - lead, last.oldEnd + trail);
  const newRange = range(first.newStart - lead, last.newEnd + trail);
  return {header: `@@ -${oldRange} +${newRange} @@`, lines};
}

/** As git writes it: an empty range names the line before it, and a single line has no count. */
function range(start: number, end: number): string {
  const count = end - start;
  return count === 1 ? `${start + 1}` : `${count === 0 ? start : start + 1},${count}`;
}
