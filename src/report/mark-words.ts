/** A piece of a text: from, to. */
export type Piece = readonly [from: number, to: number];

/** A number keeps its dots and commas, so that `8080` and `1.4.2` are marked whole or not at all. */
const words = /\p{N}+(?:[.,:]\p{N}+)*[\p{L}\p{N}_]*|[\p{L}_][\p{L}\p{N}_]*|\s+|./gsu;

/** More than that is not compared word by word: lines of that kind are data, and nobody reads them so. */
const maxCells = 20_000;

/** What of a line differs from its like, in whole words; undefined when they have so little in common that marks say nothing. */
export function markWords(before: string, after: string): {left: Piece[]; right: Piece[]} | undefined {
  const a = before.match(words) ?? [];
  const b = after.match(words) ?? [];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const same = commonWords(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const kept = a.filter((_, index) => index < start || index >= a.length - end || same.left.has(index - start));
  if (kept.join('').length < Math.max(before.length, after.length) / 4) return undefined;
  return {
    left: piecesOf(a, index => index < start || index >= a.length - end || same.left.has(index - start)),
    right: piecesOf(b, index => index < start || index >= b.length - end || same.right.has(index - start)),
  };
}

/** Places of the words of a longest common sequence. */
function commonWords(a: readonly string[], b: readonly string[]): {left: Set<number>; right: Set<number>} {
  const found = {left: new Set<number>(), right: new Set<number>()};
  if (a.length * b.length > maxCells) return found;
  const wide = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * wide + j] =
        a[i] === b[j]
          ? longest[(i + 1) * wide + j + 1]! + 1
          : Math.max(longest[(i + 1) * wide + j]!, longest[i * wide + j + 1]!);
    }
  }
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      found.left.add(i++);
      found.right.add(j++);
    } else if (longest[(i + 1) * wide + j]! >= longest[i * wide + j + 1]!) i++;
    else j++;
  }
  return found;
}

/** Neighbours are one piece, and so are those with nothing but space between them. */
function piecesOf(all: readonly string[], isSame: (index: number) => boolean): Piece[] {
  const pieces: [number, number][] = [];
  let at = 0;
  let isNear = false;
  for (const [index, word] of all.entries()) {
    const last = pieces.at(-1);
    if (!isSame(index)) {
      if (isNear && last !== undefined) last[1] = at + word.length;
      else pieces.push([at, at + word.length]);
      isNear = true;
    } else if (word.trim() !== '') isNear = false;
    at += word.length;
  }
  return pieces;
}
