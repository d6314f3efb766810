import {diffArrays} from 'diff';
import {differingPart, numberLines} from './compare-lines.ts';

/** Lines `[oldStart, oldEnd)` become `[newStart, newEnd)`. Counted from 0. */
export interface LineChange {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
}

/** How two texts differ, line by line. The least number of lines, unless that would take too long: then the part that differs is one change. */
export function diffLines(before: readonly string[], after: readonly string[]): LineChange[] {
  const {start, oldEnd, newEnd} = differingPart(before, after);
  if (oldEnd === start && newEnd === start) return [];
  const whole = [{oldStart: start, oldEnd, newStart: start, newEnd}];
  if (oldEnd === start || newEnd === start) return whole;
  const numbers = new Map<string, number>();
  const parts = diffArrays(
    numberLines(before.slice(start, oldEnd), numbers),
    numberLines(after.slice(start, newEnd), numbers),
    // The time it takes grows with the square of this.
    {maxEditLength: 2000},
  );
  if (parts === undefined) return whole;

  const changes: LineChange[] = [];
  let [oldAt, newAt] = [start, start];
  let open: LineChange | undefined;
  for (const {added, removed, count} of parts) {
    if (!added && !removed) {
      if (open !== undefined) changes.push(open);
      open = undefined;
      oldAt += count;
      newAt += count;
      continue;
    }
    const from: LineChange = open ?? {oldStart: oldAt, oldEnd: oldAt, newStart: newAt, newEnd: newAt};
    if (added) newAt += count;
    else oldAt += count;
    open = {...from, oldEnd: oldAt, newEnd: newAt};
  }
  if (open !== undefined) changes.push(open);
  return changes;
}
