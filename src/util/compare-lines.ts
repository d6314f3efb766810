/** Lines with their line feed; the last one may have none, and then differs from the same line with one. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Each distinct line gets a number, the same in all texts that share `numbers`. */
export function numberLines(lines: readonly string[], numbers: Map<string, number>): number[] {
  return lines.map(line => {
    const known = numbers.get(line);
    if (known !== undefined) return known;
    numbers.set(line, numbers.size);
    return numbers.size - 1;
  });
}

/** What is left when the lines that both begin with and those that both end with are taken away. */
export function differingPart(
  before: readonly string[],
  after: readonly string[],
): {readonly start: number; readonly oldEnd: number; readonly newEnd: number} {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let [oldEnd, newEnd] = [before.length, after.length];
  while (oldEnd > start && newEnd > start && before[oldEnd - 1] === after[newEnd - 1]) {
    oldEnd--;
    newEnd--;
  }
  return {start, oldEnd, newEnd};
}
