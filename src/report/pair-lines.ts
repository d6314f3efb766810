import {markWords, type Piece} from './mark-words.ts';
import type {PatchHunk, PatchLine} from './patch-view.ts';

/** A line before and its like after; the same line on both sides where nothing changed. */
export interface SplitRow {
  readonly left?: PatchLine;
  readonly right?: PatchLine;
  /** What differs within the line. */
  readonly leftPieces?: readonly Piece[];
  readonly rightPieces?: readonly Piece[];
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
  const marks = markWords(left.text, right.text);
  return marks === undefined ? {left, right} : {left, right, leftPieces: marks.left, rightPieces: marks.right};
}

/** A text in turn as it is and as it differs: the second, fourth … of these are marked. */
export function cutPieces(text: string, pieces: readonly Piece[] = []): string[] {
  const cuts = [0, ...pieces.flat(), text.length];
  return cuts.slice(1).map((cut, index) => text.slice(cuts[index], cut));
}

/** `line 16 · function start()`; empty where a file begins, which needs no saying. */
export function hunkTitle({line, section}: Pick<PatchHunk, 'line' | 'section'>): string {
  const at = line > 1 ? `line ${line}` : '';
  return at !== '' && section !== '' ? `${at} · ${section}` : at + section;
}
