import {type PatchHunk as ParsedHunk, parsePatch} from '../util/parse-patch.ts';

/** One file of a patch, ready to be shown; all texts are untrusted. */
export interface PatchFile {
  readonly path: string;
  readonly kind: 'added' | 'deleted' | 'changed';
  readonly added: number;
  readonly removed: number;
  /** What a reader of the lines alone would miss: a new link, a new mode, bytes that are no text. */
  readonly marks: readonly string[];
  readonly hunks: readonly PatchHunk[];
  /** Lines that were left out because there are too many. */
  readonly cut: number;
}

export interface PatchHunk {
  /** Number of its first line, in the new file where it has any line of it. */
  readonly line: number;
  /** What git found above it, such as the head of a function. */
  readonly section: string;
  readonly lines: readonly PatchLine[];
}

export interface PatchLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
  /** Line number before and after; absent on the side where the line is not. */
  readonly old?: number;
  readonly now?: number;
  /** The last line of a file that does not end in a line end. */
  readonly isOpen?: true;
}

/** Longer lines are cut for showing. */
const maxLineLength = 2_000;

/** The files of a patch as git writes it. Of all files together at most `maxLines` lines are kept. */
export function readPatch(patch: string, maxLines: number): PatchFile[] {
  let left = maxLines;
  return parsePatch(patch).map(({path, header, binary, hunks}) => {
    const all = hunks.flatMap(({lines}) => lines);
    const kept = hunks.flatMap(hunk => {
      if (left <= 0) return [];
      const lines = showLines(hunk, left);
      left -= lines.length;
      return [{...readHead(hunk.head), lines}];
    });
    const kind = kindOf(header);
    return {
      path,
      kind,
      added: all.filter(({sign}) => sign === '+').length,
      removed: all.filter(({sign}) => sign === '-').length,
      cut: all.length - kept.reduce((sum, {lines}) => sum + lines.length, 0),
      marks: marksOf(kind, modesOf(header), binary),
      hunks: kept,
    };
  });
}

function readHead(head: string): Pick<PatchHunk, 'line' | 'section'> {
  const [, old, now, count, section] = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,(\d+))? @@ ?(.*)$/s.exec(head) ?? [];
  return {line: Number((count === '0' ? old : now) ?? 0), section: (section ?? '').slice(0, 200)};
}

/** With the number that each line has on each side. */
function showLines({head, lines}: ParsedHunk, most: number): PatchLine[] {
  let old = Number(/^@@ -(\d+)/.exec(head)?.[1] ?? 0);
  return lines.slice(0, most).map(({sign, text, number, endsFile}) => ({
    sign,
    text: cutLine(text),
    ...(sign === '+' ? {} : {old: old++}),
    ...(sign === '-' ? {} : {now: number}),
    ...(endsFile ? {isOpen: true as const} : {}),
  }));
}

function cutLine(text: string): string {
  const most = maxLineLength - 1;
  return text.length > most ? `${text.slice(0, most)} … ${text.length - most} more` : text;
}

function kindOf(header: readonly string[]): PatchFile['kind'] {
  if (header.some(line => line.startsWith('new file mode '))) return 'added';
  return header.some(line => line.startsWith('deleted file mode ')) ? 'deleted' : 'changed';
}

interface Modes {
  old?: string;
  now?: string;
}

function modesOf(header: readonly string[]): Modes {
  const modes: Modes = {};
  for (const line of header) {
    const [, side, mode] = /^(new file|deleted file|old|new) mode (\d+)$/.exec(line) ?? [];
    if (mode !== undefined) modes[side === 'new file' || side === 'new' ? 'now' : 'old'] = mode;
    const same = /^index \S+ (120000|160000)$/.exec(line)?.[1];
    if (same !== undefined) modes.now = modes.old = same;
  }
  return modes;
}

function marksOf(kind: PatchFile['kind'], {old, now}: Modes, isBinary: boolean): string[] {
  const marks: string[] = [];
  if (now === '120000') marks.push(kind === 'added' ? 'new link' : 'link');
  else if (now === '160000') marks.push(kind === 'added' ? 'new submodule' : 'submodule');
  else if (kind === 'added' && now === '100755') marks.push('new executable');
  if (old !== undefined && now !== undefined && old !== now) marks.push(`mode ${old} → ${now}`);
  if (isBinary) marks.push('binary');
  return marks;
}
