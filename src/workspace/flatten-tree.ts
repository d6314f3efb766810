import type {TreeEntry} from '../domain/git.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {TreeItem} from './parse-object.ts';

export type ReadTrees = (ids: readonly string[]) => Promise<ReadonlyMap<string, readonly TreeItem[]>>;

/** Longer paths no file system takes; deeper nesting is only made to exhaust. */
const maxPathLength = 4096;
/** UTF-16 units of all paths together. */
const maxPathTotal = 64 * 1024 * 1024;

/** Every file below a tree in git's order, read level by level. Trees that expand beyond the limits throw `tree-too-large`. */
export async function flattenTree(treeId: string, maxEntries: number, readTrees: ReadTrees): Promise<TreeEntry[]> {
  const trees = new Map<string, readonly TreeItem[]>();
  let depth = 0;
  for (let level = [treeId]; level.length > 0; depth++) {
    const next = new Set<string>();
    for (const [id, items] of await readTrees(level)) {
      trees.set(id, items);
      for (const item of items) if (item.kind === 'folder') next.add(item.id);
    }
    if (trees.size > maxEntries || depth > maxPathLength / 2) throw tooLarge(maxEntries);
    level = [...next].filter(id => !trees.has(id));
  }
  const entries: TreeEntry[] = [];
  // Folders count as well: a few trees that hold each other many times expand without end and without a file.
  let steps = 0;
  let pathTotal = 0;
  const stack = [{items: trees.get(treeId)!, at: 0, prefix: '', readable: true}];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const item = frame.items[frame.at++];
    if (item === undefined) {
      stack.pop();
      continue;
    }
    const path = frame.prefix + item.name;
    const readable = frame.readable && item.readable;
    steps++;
    pathTotal += path.length;
    if (steps > maxEntries * 2 || path.length > maxPathLength || pathTotal > maxPathTotal) throw tooLarge(maxEntries);
    if (item.kind === 'folder') {
      stack.push({items: trees.get(item.id)!, at: 0, prefix: `${path}/`, readable});
    } else {
      entries.push({path, kind: item.kind, id: item.id, readable});
      if (entries.length > maxEntries) throw tooLarge(maxEntries);
    }
  }
  return entries;
}

function tooLarge(maxEntries: number): JobFailure {
  return new JobFailure(
    'tree-too-large',
    `The repository has more than ${maxEntries} files, or paths nested beyond use`,
  );
}
