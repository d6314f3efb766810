import {unquoteGitPath} from './unquote-git-path.ts';

/** One file of a patch. One path has two of them when it becomes another kind of thing. */
export interface PatchFile {
  readonly path: string;
  /** Lines before the first hunk, `diff --git` included. */
  readonly header: readonly string[];
  /** Given as bytes that nobody can read. */
  readonly binary: boolean;
  readonly hunks: readonly PatchHunk[];
}

export interface PatchHunk {
  /** `@@ -1,6 +1,7 @@` with what git writes behind it. */
  readonly head: string;
  readonly lines: readonly PatchLine[];
}

export interface PatchLine {
  readonly sign: ' ' | '+' | '-';
  readonly text: string;
  /** 1-based, in the new file; for a removed line, where it was in the old one. */
  readonly number: number;
  /** The file ends here, without a line end. */
  readonly endsFile: boolean;
}

/** Reads a patch that git or we made. What a line holds is never taken for structure: the counts of the hunks say how long they are. */
export function parsePatch(patch: string): PatchFile[] {
  const lines = patch.split('\n');
  const files: PatchFile[] = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at]!.startsWith('diff --git ')) {
      at++;
      continue;
    }
    const header: string[] = [lines[at++]!];
    while (at < lines.length && !/^(?:diff --git |@@ |GIT binary patch$|Binary files )/.test(lines[at]!)) {
      header.push(lines[at++]!);
    }
    const binary = /^(?:GIT binary patch$|Binary files )/.test(lines[at] ?? '');
    const hunks: PatchHunk[] = [];
    while (!binary && lines[at]?.startsWith('@@ ') === true) {
      const {hunk, next} = readHunk(lines, at);
      hunks.push(hunk);
      at = next;
    }
    files.push({path: pathOf(header), header: header.filter(line => line !== ''), binary, hunks});
  }
  return files;
}

function readHunk(lines: readonly string[], start: number): {hunk: PatchHunk; next: number} {
  const head = lines[start]!;
  const [, oldStart = '0', oldCount = '1', newStart = '0', newCount = '1'] =
    /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(head) ?? [];
  let [oldAt, newAt] = [Number(oldStart), Number(newStart)];
  let [oldLeft, newLeft] = [Number(oldCount), Number(newCount)];
  const found: PatchLine[] = [];
  let at = start + 1;
  while (at < lines.length && (oldLeft > 0 || newLeft > 0)) {
    const line = lines[at]!;
    const sign = line[0] === '+' || line[0] === '-' ? line[0] : ' ';
    const endsFile = lines[at + 1]?.startsWith('\\ ') === true;
    found.push({sign, text: line.slice(1), number: sign === '-' ? oldAt : newAt, endsFile});
    if (sign !== '+') {
      oldAt++;
      oldLeft--;
    }
    if (sign !== '-') {
      newAt++;
      newLeft--;
    }
    at += endsFile ? 2 : 1;
  }
  return {hunk: {head, lines: found}, next: at};
}

function pathOf(header: readonly string[]): string {
  const names = header.flatMap(line => {
    const name = /^(?:\+\+\+|---) (.*)$/.exec(line)?.[1];
    return name === undefined || name === '/dev/null' ? [] : [name];
  });
  if (names.length > 0) return unquoted(names.at(-1)!.replace(/\t$/, ''));
  // Both names are the same but for their first letter.
  const both = header[0]!.slice('diff --git '.length);
  return unquoted(both.slice(0, (both.length - 1) / 2));
}

/** Without the `a/` or `b/` before it, and without the quotes that git puts around a name that holds anything odd. */
function unquoted(name: string): string {
  return (name.startsWith('"') ? unquoteGitPath(name) : name).slice(2);
}
