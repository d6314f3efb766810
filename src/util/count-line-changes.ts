import {differingPart, numberLines, splitLines} from './compare-lines.ts';

/** Lines that a diff between the two texts adds and removes, as `git diff --numstat --minimal` counts them. */
export function countLineChanges(before: string, after: string): {added: number; removed: number} {
  const [old, now] = [splitLines(before), splitLines(after)];
  const {start, oldEnd, newEnd} = differingPart(old, now);
  const numbers = new Map<string, number>();
  const left = numberLines(old.slice(start, oldEnd), numbers);
  const right = numberLines(now.slice(start, newEnd), numbers);
  const distance = editDistance(left, right) ?? multisetDistance(left, right);
  return {added: (distance + right.length - left.length) / 2, removed: (distance + left.length - right.length) / 2};
}

const maxSteps = 4_000_000;

/** Myers' greedy algorithm, distance only, so one row of memory is enough. Undefined when it would take too long. */
function editDistance(a: readonly number[], b: readonly number[]): number | undefined {
  const most = a.length + b.length;
  if (a.length === 0 || b.length === 0) return most;
  const furthest = new Int32Array(2 * most + 2);
  let steps = 0;
  for (let distance = 0; distance <= most; distance++) {
    for (let k = -distance; k <= distance; k += 2) {
      const down = k === -distance || (k !== distance && furthest[most + k - 1]! < furthest[most + k + 1]!);
      let x = down ? furthest[most + k + 1]! : furthest[most + k - 1]! + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      furthest[most + k] = x;
      if (x >= a.length && x - k >= b.length) return distance;
    }
    steps += distance + 1;
    if (steps > maxSteps) return undefined;
  }
  return most;
}

/** For huge and wholly different texts: lines that one side has more often than the other, order ignored. */
function multisetDistance(a: readonly number[], b: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const line of a) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of b) counts.set(line, (counts.get(line) ?? 0) - 1);
  let distance = 0;
  for (const count of counts.values()) distance += Math.abs(count);
  return distance;
}
