import type {PatchLine} from './patch-view.ts';

/** A line before and its like after; the same line on both sides where nothing changed. */
export interface SplitRow {
  readonly left?: PatchLine;
  readonly right?: PatchLine;
  /** What differs within the line: from, to. */
  readonly leftPiece?: readonly [number, number];
  readonly rightPiece?: readonly [number, number];
}

/** The lines of a hunk side by side: what goes and what comes in one place is paired from the top. */
export function pairLines(lines: readonly PatchLine[]): SplitRow[] {
  const rows: SplitRow[] = [];
  let [removed, added]: [PatchLine[], PatchLine[]] = [[], []];
  const flush = (): void => {
    for (let index = 0; index < Math.max(removed.length, added.length); index++) {
      rows.push(pair(removed[index], added[index]));
    }
    [removed, added] = [[], []];
  };
  for (const line of lines) {
    if (line.sign === '-') {
      if (added.length > 0) flush();
      removed.push(line);
    } else if (line.sign === '+') added.push(line);
    else {
      flush();
      rows.push({left: line, right: line});
    }
  }
  flush();
  return rows;
}

function pair(left: PatchLine | undefined, right: PatchLine | undefined): SplitRow {
  if (left === undefined || right === undefined) {
    return {...(left === undefined ? {} : {left}), ...(right === undefined ? {} : {right})};
  }
  const [a, b] = [left.text, right.text];
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start++;
  let end = 0;
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  // Of lines that have little in common, marking nearly everything says nothing.
  if (start + end < Math.max(a.length, b.length) / 4) return {left, right};
  // A character of two halves is marked as a whole.
  if (start > 0 && isHighHalf(a, start - 1)) start--;
  if (end > 0 && isHighHalf(a, a.length - end - 1)) end--;
  return {left, right, leftPiece: [start, a.length - end], rightPiece: [start, b.length - end]};
}

function isHighHalf(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0xd800 && code < 0xdc00;
}
