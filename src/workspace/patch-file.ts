import {isUtf8} from 'node:buffer';
import {createHash} from 'node:crypto';
import type {TreeEntry} from '../domain/git.ts';
import {gitBinaryPatch} from '../util/git-binary-patch.ts';
import {gitQuotePath} from '../util/git-quote-path.ts';
import {diffHunks, type Hunk, renderHunk} from '../util/render-hunks.ts';
import {modes} from './parse-object.ts';

export interface PatchSide {
  readonly kind: TreeEntry['kind'];
  readonly id: string;
  /** Absent when they could not be read: too large, or missing. */
  readonly bytes?: Buffer;
}

export interface FilePatch {
  readonly text: string;
  readonly added: number;
  readonly removed: number;
  /** What tells this edit from another, without line numbers and ids. */
  readonly identity: readonly string[];
}

/** One file of a patch as git writes it; a side is absent where the file is. Both sides are of one type. */
export async function patchFile(
  path: string,
  before: PatchSide | undefined,
  after: PatchSide | undefined,
): Promise<FilePatch> {
  const [oldName, newName] = [gitQuotePath(`a/${path}`), gitQuotePath(`b/${path}`)];
  const header = [`diff --git ${oldName} ${newName}\n`, ...modeLines(before, after)];
  if (before?.id === after?.id) return {text: header.join(''), added: 0, removed: 0, identity: []};
  header.push(indexLine(before, after));
  const [old, now] = [textOf(before), textOf(after)];
  if (old === undefined || now === undefined) {
    const body = await gitBinaryPatch(bytesOf(before), bytesOf(after) ?? Buffer.alloc(0));
    const digest = createHash('sha256')
      .update(bytesOf(after) ?? '')
      .digest('hex');
    return {text: header.join('') + body, added: 0, removed: 0, identity: [digest]};
  }
  const hunks = diffHunks(old, now);
  // An empty file that comes or goes has no content to show.
  if (hunks.length > 0) {
    header.push(`--- ${before === undefined ? '/dev/null' : endName(oldName)}\n`);
    header.push(`+++ ${after === undefined ? '/dev/null' : endName(newName)}\n`);
  }
  return {text: header.join('') + hunks.map(renderHunk).join(''), ...count(hunks), identity: identityOf(hunks)};
}

function modeLines(before: PatchSide | undefined, after: PatchSide | undefined): string[] {
  if (before === undefined) return [`new file mode ${modes[after!.kind]}\n`];
  if (after === undefined) return [`deleted file mode ${modes[before.kind]}\n`];
  if (before.kind === after.kind) return [];
  return [`old mode ${modes[before.kind]}\n`, `new mode ${modes[after.kind]}\n`];
}

/** Whole ids: a binary patch applies only with them. */
function indexLine(before: PatchSide | undefined, after: PatchSide | undefined): string {
  const none = '0'.repeat((before ?? after)!.id.length);
  const mode = before !== undefined && before.kind === after?.kind ? ` ${modes[before.kind]}` : '';
  return `index ${before?.id ?? none}..${after?.id ?? none}${mode}\n`;
}

/** git ends a name with a tab when it holds a space, or readers would take the rest for a date. */
function endName(name: string): string {
  return name.includes(' ') ? `${name}\t` : name;
}

function bytesOf(side: PatchSide | undefined): Buffer | undefined {
  return side === undefined ? Buffer.alloc(0) : side.bytes;
}

/** Longer ones, or of more lines, are given as bytes: nobody reads them, and comparing them costs too much. */
const maxTextBytes = 4 * 1024 * 1024;
const maxTextLines = 100_000;

/** Undefined for what is no text. */
function textOf(side: PatchSide | undefined): string | undefined {
  if (side === undefined) return '';
  if (side.bytes === undefined || side.bytes.length > maxTextBytes) return undefined;
  if (side.kind === 'submodule') return `Subproject commit ${side.id}\n`;
  if (!isUtf8(side.bytes) || side.bytes.includes(0)) return undefined;
  let lines = 0;
  for (let at = side.bytes.indexOf(0x0a); at !== -1; at = side.bytes.indexOf(0x0a, at + 1)) {
    lines++;
    if (lines > maxTextLines) return undefined;
  }
  return side.bytes.toString('utf8');
}

function count(hunks: readonly Hunk[]): {added: number; removed: number} {
  let [added, removed] = [0, 0];
  for (const {lines} of hunks) {
    for (const {sign} of lines) {
      if (sign === '+') added++;
      else if (sign === '-') removed++;
    }
  }
  return {added, removed};
}

/** White space counts in the lines that change, not in those around them. */
function identityOf(hunks: readonly Hunk[]): string[] {
  return hunks.flatMap(({lines}) =>
    lines.map(({sign, text}) => sign + (sign === ' ' ? text.replace(/\s+/g, '') : text)),
  );
}
