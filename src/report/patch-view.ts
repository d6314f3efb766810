import {unquoteGitPath} from '../util/unquote-git-path.ts';

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
  readonly header: string;
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
  const reader = new PatchReader(maxLines);
  for (const line of patch.split('\n')) reader.read(line);
  return reader.files.map(({modes, isBinary, ...file}) => ({...file, marks: marksOf(file.kind, modes, isBinary)}));
}

interface OpenFile extends PatchFile {
  path: string;
  kind: PatchFile['kind'];
  added: number;
  removed: number;
  cut: number;
  readonly hunks: OpenHunk[];
  readonly modes: {old?: string; now?: string};
  isBinary: boolean;
}

interface OpenHunk extends PatchHunk {
  readonly lines: PatchLine[];
}

class PatchReader {
  readonly files: OpenFile[] = [];
  #left: number;
  /** Lines that the hunk still has to have on each side: its text may look like anything. */
  #old = 0;
  #now = 0;
  #oldNumber = 0;
  #nowNumber = 0;

  constructor(maxLines: number) {
    this.#left = maxLines;
  }

  read(line: string): void {
    const file = this.files.at(-1);
    if (line.startsWith('diff --git ') && this.#old + this.#now === 0) this.files.push(openFile(line));
    else if (file === undefined) return;
    else if (this.#old + this.#now > 0 && /^[ +-]/.test(line)) this.#readLine(file, line);
    else if (line.startsWith('\\ ')) markOpen(file);
    else if (!this.#startHunk(file, line)) readHeader(file, line);
  }

  #startHunk(file: OpenFile, line: string): boolean {
    const [, oldStart, oldCount, nowStart, nowCount] = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    if (oldStart === undefined) return false;
    [this.#oldNumber, this.#nowNumber] = [Number(oldStart), Number(nowStart)];
    [this.#old, this.#now] = [Number(oldCount ?? 1), Number(nowCount ?? 1)];
    if (this.#left > 0) file.hunks.push({header: line.slice(0, 200), lines: []});
    return true;
  }

  #readLine(file: OpenFile, line: string): void {
    const sign = line[0] as PatchLine['sign'];
    if (sign !== '+') this.#old--;
    if (sign !== '-') this.#now--;
    if (sign === '+') file.added++;
    if (sign === '-') file.removed++;
    const old = sign === '+' ? undefined : this.#oldNumber++;
    const now = sign === '-' ? undefined : this.#nowNumber++;
    if (this.#left-- <= 0) {
      file.cut++;
      return;
    }
    const text =
      line.length > maxLineLength
        ? `${line.slice(1, maxLineLength)} … ${line.length - maxLineLength} more`
        : line.slice(1);
    file.hunks
      .at(-1)
      ?.lines.push({sign, text, ...(old === undefined ? {} : {old}), ...(now === undefined ? {} : {now})});
  }
}

function openFile(line: string): OpenFile {
  return {
    path: pathOf(line.slice('diff --git '.length)),
    kind: 'changed',
    added: 0,
    removed: 0,
    cut: 0,
    marks: [],
    hunks: [],
    modes: {},
    isBinary: false,
  };
}

/** Both names are the same but for their prefix, so that the middle is where one ends. */
function pathOf(names: string): string {
  if (names.startsWith('"')) return unquoteGitPath(names.slice(0, (names.length - 1) / 2)).slice(2);
  return names.slice((names.length - 1) / 2 + 1).slice(2);
}

function readHeader(file: OpenFile, line: string): void {
  const mode = /^(new file|deleted file|old|new) mode (\d+)$/.exec(line);
  if (mode !== null) {
    const [, what, value] = mode;
    if (what === 'new file') file.kind = 'added';
    if (what === 'deleted file') file.kind = 'deleted';
    if (what === 'new file' || what === 'new') file.modes.now = value!;
    else file.modes.old = value!;
  } else if (line === 'GIT binary patch' || line.startsWith('Binary files ')) file.isBinary = true;
  else if (/^index \S+ 120000$/.test(line)) file.modes.now = file.modes.old = '120000';
  else if (/^index \S+ 160000$/.test(line)) file.modes.now = file.modes.old = '160000';
}

function markOpen(file: OpenFile): void {
  const lines = file.hunks.at(-1)?.lines;
  const last = lines?.pop();
  if (last !== undefined) lines!.push({...last, isOpen: true});
}

function marksOf(kind: PatchFile['kind'], {old, now}: OpenFile['modes'], isBinary: boolean): string[] {
  const marks: string[] = [];
  if (now === '120000') marks.push(kind === 'added' ? 'new link' : 'link');
  else if (now === '160000') marks.push(kind === 'added' ? 'new submodule' : 'submodule');
  else if (kind === 'added' && now === '100755') marks.push('new executable');
  if (old !== undefined && now !== undefined && old !== now) marks.push(`mode ${old} → ${now}`);
  if (isBinary) marks.push('binary');
  return marks;
}
