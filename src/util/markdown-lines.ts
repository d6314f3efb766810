export interface MarkdownLine {
  readonly text: string;
  /** `fence` are the lines that open and close code, `code` is between them. */
  readonly kind: 'text' | 'fence' | 'code' | 'comment';
}

export interface MarkdownLines {
  readonly lines: readonly MarkdownLine[];
  /** What is still open at the end, as when a text was cut. */
  readonly unclosed: 'code fence' | 'comment' | undefined;
}

/** Tells text from fenced code and HTML comments. Fences inside lists and quotes count at any indentation. */
export function readMarkdownLines(text: string): MarkdownLines {
  const lines: MarkdownLine[] = [];
  let fence: {mark: string; quoted: boolean} | undefined;
  let inComment = false;
  for (const line of text.split('\n')) {
    if (fence?.quoted === true && !/^\s*>/.test(line)) fence = undefined;
    if (fence !== undefined) {
      const close = /^[\s>]*(`{3,}|~{3,})\s*$/.exec(line)?.[1];
      const closes = close !== undefined && close[0] === fence.mark[0] && close.length >= fence.mark.length;
      lines.push({text: line, kind: closes ? 'fence' : 'code'});
      if (closes) fence = undefined;
    } else if (inComment || /^ {0,3}<!--/.test(line)) {
      inComment = !line.slice(inComment ? 0 : line.indexOf('<!--') + 4).includes('-->');
      lines.push({text: line, kind: 'comment'});
    } else {
      const [, prefix, mark] = /^((?:[ \t]|>|[-*+][ \t]|\d{1,9}[.)][ \t])*)(`{3,}(?=[^`]*$)|~{3,})/.exec(line) ?? [];
      if (mark !== undefined) fence = {mark, quoted: prefix!.includes('>')};
      lines.push({text: line, kind: mark === undefined ? 'text' : 'fence'});
    }
  }
  return {lines, unclosed: fence !== undefined ? 'code fence' : inComment ? 'comment' : undefined};
}
