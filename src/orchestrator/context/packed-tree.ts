import type {TreeEntry} from '../../domain/git.ts';

/** Every entry of a tree in one string: sent to another thread, it costs a copy and not an object for each file. */
export type PackedTree = string;

const kinds = ['file', 'executable', 'symlink', 'submodule'] as const;

export function listTree(entries: readonly TreeEntry[]): PackedTree {
  return entries
    .map(({path, kind, id, readable}) => `${kinds.indexOf(kind)}${readable ? 1 : 0} ${id} ${path}`)
    .join('\0');
}

export function readTree(packed: PackedTree): Map<string, TreeEntry> {
  const entries = new Map<string, TreeEntry>();
  if (packed === '') return entries;
  for (const line of packed.split('\0')) {
    const idEnd = line.indexOf(' ', 3);
    const path = line.slice(idEnd + 1);
    const kind = kinds[Number(line[0])]!;
    entries.set(path, {path, kind, id: line.slice(3, idEnd), readable: line[1] === '1'});
  }
  return entries;
}
