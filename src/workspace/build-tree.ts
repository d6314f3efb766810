import type {FileEdit} from '../domain/change.ts';
import {JobFailure} from '../domain/outcome.ts';
import {gitObjectId} from '../util/git-blob-id.ts';
import {pathProblem} from '../util/path-problem.ts';
import {quoteText} from '../util/quote-text.ts';
import type {RepoReader} from './object-reader.ts';
import {formatTree, idOfAfter, type TreeItem} from './parse-object.ts';

/** An object that a repo may lack. */
export interface NewObject {
  readonly id: string;
  readonly type: 'blob' | 'tree' | 'commit';
  readonly bytes: Buffer;
}

export function newObject(format: 'sha1' | 'sha256', type: NewObject['type'], bytes: Buffer): NewObject {
  return {id: gitObjectId(format, type, bytes), type, bytes};
}

/**
 * The tree that edits make of another one, with the objects that are new in it. Nothing is checked out and nothing is written.
 * Throws `path-escapes` or `path-not-a-file` for what no repo may hold.
 */
export async function buildTree(
  reader: Pick<RepoReader, 'folder' | 'objectFormat'>,
  baseTree: string,
  edits: readonly FileEdit[],
): Promise<{readonly tree: string; readonly objects: NewObject[]}> {
  for (const {path, before, after} of edits) {
    const problem = before === undefined && after !== undefined ? pathProblem(path) : undefined;
    if (problem !== undefined) throw new JobFailure('path-escapes', `The path ${quoteText(path)} ${problem}.`);
  }
  const objects: NewObject[] = [];
  const build = async (treeId: string | undefined, prefix: string, below: readonly FileEdit[]): Promise<string> => {
    const items = new Map<string, TreeItem>();
    // The name of an unreadable entry is no path that an edit could mean.
    for (const item of treeId === undefined ? [] : await reader.folder(treeId))
      items.set(item.readable ? item.name : `\0${item.rawName!.toString('latin1')}`, item);
    const inside = new Map<string, FileEdit[]>();
    for (const edit of below) {
      const slash = edit.path.indexOf('/', prefix.length);
      const name = edit.path.slice(prefix.length, slash === -1 ? undefined : slash);
      if (slash !== -1) inside.set(name, [...(inside.get(name) ?? []), edit]);
    }
    const folders = new Map<string, TreeItem>();
    for (const [name, edited] of inside) {
      const was = items.get(name);
      const isFolder = was?.kind === 'folder';
      const id = await build(isFolder ? was.id : undefined, `${prefix}${name}/`, edited);
      if (isFolder) items.delete(name);
      if (id !== '') folders.set(name, {name, kind: 'folder', id, readable: true});
    }
    for (const edit of below) {
      const name = edit.path.slice(prefix.length);
      if (name.includes('/')) continue;
      if (items.get(name)?.kind !== 'folder') items.delete(name);
      if (edit.after === undefined) continue;
      if (items.has(name)) throw inTheWay(edit.path);
      items.set(name, {name, kind: edit.after.kind, id: store(edit.after), readable: true});
    }
    for (const [name, folder] of folders) {
      if (items.has(name)) throw inTheWay(prefix + name);
      items.set(name, folder);
    }
    if (items.size === 0 && prefix !== '') return '';
    const tree = newObject(reader.objectFormat, 'tree', formatTree([...items.values()]));
    if (tree.id !== treeId) objects.push(tree);
    return tree.id;
  };
  const store = (after: NonNullable<FileEdit['after']>): string => {
    const id = idOfAfter(reader.objectFormat, after);
    if (after.kind !== 'submodule') objects.push({id, type: 'blob', bytes: after.bytes});
    return id;
  };
  return {tree: await build(baseTree, '', edits), objects};
}

function inTheWay(path: string): JobFailure {
  return new JobFailure('path-not-a-file', `${quoteText(path)} would be a file and a folder at once.`);
}
