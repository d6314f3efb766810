import type {TreeChange} from '../domain/git.ts';
import type {ReadTrees} from './flatten-tree.ts';
import type {TreeItem} from './parse-object.ts';

interface Pair {
  readonly prefix: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Paths that differ between two trees, in path order. Reads only folders that differ, a level at a time, until `limit` is passed. */
export async function compareTrees(
  before: string | undefined,
  after: string,
  limit: number,
  readTrees: ReadTrees,
): Promise<TreeChange[]> {
  const changes: TreeChange[] = [];
  let level: Pair[] = before === after ? [] : [{prefix: '', before, after}];
  while (level.length > 0 && changes.length <= limit) {
    // More folders than wanted changes would only be read to be counted.
    const pairs = level.slice(0, limit + 1);
    const trees = await readTrees(pairs.flatMap(pair => [pair.before, pair.after].filter(id => id !== undefined)));
    const itemsOf = (id: string | undefined): readonly TreeItem[] => (id === undefined ? [] : trees.get(id)!);
    level = pairs.flatMap(pair => compareFolders(pair, itemsOf(pair.before), itemsOf(pair.after), changes));
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Adds the files that differ, and gives the folders to look into. */
function compareFolders(
  pair: Pair,
  before: readonly TreeItem[],
  after: readonly TreeItem[],
  changes: TreeChange[],
): Pair[] {
  const folders: Pair[] = [];
  const old = new Map(before.map(item => [item.name, item]));
  const compare = (name: string, was: TreeItem | undefined, is: TreeItem | undefined): void => {
    if (was?.id === is?.id && was?.kind === is?.kind) return;
    const path = pair.prefix + name;
    const [oldFolder, newFolder] = [folderId(was), folderId(is)];
    if (oldFolder !== undefined || newFolder !== undefined) {
      folders.push({prefix: `${path}/`, before: oldFolder, after: newFolder});
    }
    const [oldFile, newFile] = [fileOf(was), fileOf(is)];
    if (oldFile === undefined && newFile === undefined) return;
    changes.push({
      path,
      ...(oldFile === undefined ? {} : {before: oldFile}),
      ...(newFile === undefined ? {} : {after: newFile}),
    });
  };
  for (const item of after) {
    compare(item.name, old.get(item.name), item);
    old.delete(item.name);
  }
  for (const item of old.values()) compare(item.name, item, undefined);
  return folders;
}

function folderId(item: TreeItem | undefined): string | undefined {
  return item?.kind === 'folder' ? item.id : undefined;
}

function fileOf(item: TreeItem | undefined): TreeChange['before'] {
  return item === undefined || item.kind === 'folder' ? undefined : {kind: item.kind, id: item.id};
}
