import {isUtf8} from 'node:buffer';
import type {FileEdit} from '../domain/change.ts';
import type {CommitInfo, TreeEntry} from '../domain/git.ts';
import {JobFailure} from '../domain/outcome.ts';
import {gitBlobId} from '../util/git-blob-id.ts';

/** One line of a tree object. */
export interface TreeItem {
  readonly name: string;
  readonly kind: TreeEntry['kind'] | 'folder';
  readonly id: string;
  readonly readable: boolean;
  /** As it stands in the tree, when that is not how git writes this kind today. */
  readonly mode?: string;
  /** Present when the name is not valid UTF-8. */
  readonly rawName?: Buffer;
}

/** The entries of a raw tree object in git's order. Names that no checkout may have throw `repo-corrupt`. */
export function parseTree(bytes: Buffer, idBytes: 20 | 32): TreeItem[] {
  const items: TreeItem[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = space === -1 ? -1 : bytes.indexOf(0, space);
    if (end === -1 || end + idBytes >= bytes.length) throw new JobFailure('repo-corrupt', 'A tree object is cut off');
    const name = bytes.toString('utf8', space + 1, end);
    if (isForbidden(name)) throw new JobFailure('repo-corrupt', 'A tree holds a file name that git forbids');
    const readable = !name.includes('\uFFFD') || isUtf8(bytes.subarray(space + 1, end));
    const mode = bytes.toString('latin1', at, space);
    const kind = kindOf(mode);
    items.push({
      name,
      kind,
      id: bytes.toString('hex', end + 1, end + 1 + idBytes),
      readable,
      ...(mode === modes[kind] ? {} : {mode}),
      ...(readable ? {} : {rawName: Buffer.from(bytes.subarray(space + 1, end))}),
    });
    at = end + 1 + idBytes;
  }
  return items;
}

/** A raw tree object with these entries, in git's order. */
export function formatTree(items: readonly TreeItem[]): Buffer {
  const rows = items.map(item => {
    const name = item.rawName ?? Buffer.from(item.name);
    // git compares a folder as if its name ended in a slash.
    const key = item.kind === 'folder' ? Buffer.concat([name, Buffer.from('/')]) : name;
    return {key, name, item};
  });
  rows.sort((a, b) => Buffer.compare(a.key, b.key));
  return Buffer.concat(
    rows.flatMap(({name, item}) => [
      Buffer.from(`${item.mode ?? modes[item.kind]} `),
      name,
      Buffer.from([0]),
      Buffer.from(item.id, 'hex'),
    ]),
  );
}

/** What stands in a tree for what an edit leaves there. */
export function idOfAfter(format: 'sha1' | 'sha256', {kind, bytes}: NonNullable<FileEdit['after']>): string {
  return kind === 'submodule' ? bytes.toString('latin1').trim() : gitBlobId(format, bytes);
}

/** As git writes them today. */
export const modes: Readonly<Record<TreeItem['kind'], string>> = {
  folder: '40000',
  file: '100644',
  executable: '100755',
  symlink: '120000',
  submodule: '160000',
};

/** Parses a raw commit object. Text that is not valid in its encoding is replaced, never refused. */
export function parseCommit(id: string, bytes: Buffer): CommitInfo {
  const split = bytes.indexOf('\n\n');
  const headerEnd = split === -1 ? bytes.length : split;
  const isLatin1 = /^encoding (?:iso-?8859-1|latin-?1|windows-1252|cp1252)$/im.test(
    bytes.toString('latin1', 0, headerEnd),
  );
  const decode = (from: number, to: number): string =>
    isLatin1 ? bytes.toString('latin1', from, to) : bytes.toString('utf8', from, to);
  let tree = '';
  let author = '';
  const parents: string[] = [];
  for (const line of decode(0, headerEnd).split('\n')) {
    if (line.startsWith('tree ')) tree = line.slice(5);
    else if (line.startsWith('parent ')) parents.push(line.slice(7));
    else if (line.startsWith('author ')) author = line.slice(7);
  }
  if (tree.length !== id.length) throw new JobFailure('repo-corrupt', 'A commit object names no tree');
  const name = author.slice(0, Math.max(0, author.lastIndexOf('<'))).trim();
  const seconds = Number(/> *(-?\d{1,12}) /.exec(`${author.slice(author.lastIndexOf('<') + 1)} `)?.[1] ?? 0);
  const authorTime = Math.min(Math.max(seconds, 0), latestTime);
  return {
    id,
    tree,
    parents,
    authorName: name,
    authorTime,
    message: decode(Math.min(headerEnd + 2, bytes.length), bytes.length),
  };
}

/** The last second a four-digit year can show. */
const latestTime = 253_402_300_799;

function isForbidden(name: string): boolean {
  return (
    name === '' ||
    name === '.' ||
    name === '..' ||
    name.includes('/') ||
    (name.length === 4 && name.toLowerCase() === '.git')
  );
}

function kindOf(mode: string): TreeItem['kind'] {
  switch (mode) {
    case '40000':
    case '040000':
      return 'folder';
    case '120000':
      return 'symlink';
    case '160000':
      return 'submodule';
    case '100755':
      return 'executable';
    default:
      return 'file';
  }
}
