export type Wrapping =
  | {readonly kind: 'none'}
  /** The text is one code fence and nothing else. */
  | {readonly kind: 'whole'; readonly inside: string}
  /** It starts with a fence that ends before the text does. */
  | {readonly kind: 'followed'}
  | {readonly kind: 'unclosed'};

/**
 * Whether the whole text stands in one code fence. Models put fences inside a fence of the same length, which CommonMark would read as its
 * end; so a fence with a language opens a nested one, and a bare fence closes what is open.
 */
export function readWrapping(text: string): Wrapping {
  const lines = text.trim().split('\n');
  const mark = /^(`{3,}(?!`)|~{3,}(?!~))[ \t]*[^`]*$/.exec(lines[0]!)?.[1];
  if (mark === undefined) return {kind: 'none'};
  const last = lines.at(-1)!;
  const inside = lines.slice(1, -1);
  if (lines.length > 1 && closes(last, mark) && isBalanced(inside)) return {kind: 'whole', inside: inside.join('\n')};
  return hasEnd(lines.slice(1), mark) ? {kind: 'followed'} : {kind: 'unclosed'};
}

function closes(line: string, mark: string): boolean {
  const close = /^(`{3,}|~{3,})\s*$/.exec(line)?.[1];
  return close !== undefined && close[0] === mark[0] && close.length >= mark.length;
}

function isBalanced(lines: readonly string[]): boolean {
  const open: string[] = [];
  for (const line of lines) {
    const fence = readFence(line);
    if (fence === undefined) continue;
    if (!fence.hasLanguage && open.length > 0 && closes(line.trim(), open.at(-1)!)) open.pop();
    else open.push(fence.mark);
  }
  return open.length === 0;
}

function hasEnd(lines: readonly string[], outer: string): boolean {
  const open = [outer];
  for (const line of lines) {
    const fence = readFence(line);
    if (fence === undefined) continue;
    if (!fence.hasLanguage && closes(line.trim(), open.at(-1)!)) open.pop();
    else if (fence.hasLanguage) open.push(fence.mark);
    if (open.length === 0) return true;
  }
  return false;
}

function readFence(line: string): {mark: string; hasLanguage: boolean} | undefined {
  const match = /^(?:[ \t]|>|[-*+][ \t]|\d{1,9}[.)][ \t])*(`{3,}(?!`)|~{3,}(?!~))\s*([^`]*)$/.exec(line);
  return match === null ? undefined : {mark: match[1]!, hasLanguage: match[2]! !== ''};
}
