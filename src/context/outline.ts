import type {TreeEntry} from '../domain/git.ts';
import {quoteText} from '../util/quote-text.ts';
import {classifyPath} from './classify-path.ts';

interface Folder {
  readonly name: string;
  readonly path: string;
  readonly folders: Map<string, Folder>;
  readonly files: string[];
  count: number;
  isOpen: boolean;
}

/** Names a folder shows before it says how many more there are. */
const namesPerFolder = 40;

/** Indented outline of the tree in at most about `maxLines` lines: folders are opened level by level while there is room. */
export function outlineTree(entries: readonly TreeEntry[], maxLines: number): string {
  const root = plantTree(entries);
  openFolders(root, maxLines);
  const lines: string[] = [];
  writeFolder(root, '', lines);
  return lines.join('\n');
}

function plantTree(entries: readonly TreeEntry[]): Folder {
  const root = newFolder('', '');
  for (const entry of entries) {
    let folder = root;
    folder.count++;
    let at = 0;
    for (let slash = entry.path.indexOf('/'); slash !== -1; at = slash + 1, slash = entry.path.indexOf('/', at)) {
      const name = entry.path.slice(at, slash);
      let next = folder.folders.get(name);
      if (next === undefined) {
        next = newFolder(name, entry.path.slice(0, slash + 1));
        folder.folders.set(name, next);
      }
      folder = next;
      folder.count++;
    }
    folder.files.push(entry.path.slice(at) + suffixes[entry.kind]);
  }
  return root;
}

const suffixes = {file: '', executable: '*', symlink: ' -> link', submodule: ' (submodule)'} as const;

function newFolder(name: string, path: string): Folder {
  return {name, path, folders: new Map(), files: [], count: 0, isOpen: false};
}

function openFolders(root: Folder, maxLines: number): void {
  root.isOpen = true;
  let lines = shownNames(root);
  let level = [root];
  while (level.length > 0) {
    const next: Folder[] = [];
    for (const folder of level) {
      for (const child of [...folder.folders.values()].slice(0, namesPerFolder)) {
        const cost = shownNames(child);
        // What others wrote or machines made is named but not opened.
        if (lines + cost > maxLines || classifyPath(`${child.path}x`).leftOut !== undefined) continue;
        child.isOpen = true;
        lines += cost;
        next.push(child);
      }
    }
    level = next;
  }
}

function shownNames(folder: Folder): number {
  return Math.min(folder.folders.size, namesPerFolder) + Math.min(folder.files.length, namesPerFolder) + 1;
}

function writeFolder(folder: Folder, indent: string, lines: string[]): void {
  const folders = [...folder.folders.values()];
  for (const child of folders.slice(0, namesPerFolder)) {
    const count = child.isOpen ? '' : ` (${child.count} ${child.count === 1 ? 'file' : 'files'})`;
    lines.push(`${indent}${plain(child.name)}/${count}`);
    if (child.isOpen) writeFolder(child, `${indent}  `, lines);
  }
  if (folders.length > namesPerFolder) lines.push(`${indent}… ${folders.length - namesPerFolder} more folders`);
  for (const name of folder.files.slice(0, namesPerFolder)) lines.push(indent + plain(name));
  if (folder.files.length > namesPerFolder) lines.push(`${indent}… ${folder.files.length - namesPerFolder} more files`);
}

/** A name that could break the line, or show as something else, is quoted. */
function plain(name: string): string {
  return /^[\w.@+~#=, ()*>-]{1,200}$/.test(name) ? name : quoteText(name);
}
