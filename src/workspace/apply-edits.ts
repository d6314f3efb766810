import {chmodSync, lchownSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {FileEdit} from '../domain/change.ts';

/**
 * Makes a private work tree what the edits want of it. Follows no link of the tree: where a path leads through one, the link gives way
 * to a folder, as it does in git. To be used while no other process is at work there.
 */
export function applyEdits(
  directory: string,
  edits: readonly FileEdit[],
  owner?: {readonly uid: number; readonly gid: number},
): void {
  const own = (file: string): void => {
    if (owner !== undefined) lchownSync(file, owner.uid, owner.gid);
  };
  for (const {path: file, after} of edits)
    if (after === undefined && reaches(directory, file))
      rmSync(path.join(directory, file), {recursive: true, force: true});
  for (const {path: file, after} of edits) {
    if (after === undefined) continue;
    makeParents(directory, file, own);
    const target = path.join(directory, file);
    rmSync(target, {recursive: true, force: true});
    if (after.kind === 'symlink') symlinkSync(after.bytes, target);
    else if (after.kind === 'submodule') mkdirSync(target);
    else {
      writeFileSync(target, after.bytes, {flag: 'wx'});
      chmodSync(target, after.kind === 'executable' ? 0o755 : 0o644);
    }
    own(target);
  }
}

/** False when the path leads through something that is no folder: what it names is not in the tree then. */
function reaches(directory: string, file: string): boolean {
  return parentsOf(directory, file).every(parent => lstatSync(parent, {throwIfNoEntry: false})?.isDirectory());
}

function makeParents(directory: string, file: string, own: (file: string) => void): void {
  for (const parent of parentsOf(directory, file)) {
    const stats = lstatSync(parent, {throwIfNoEntry: false});
    if (stats?.isDirectory()) continue;
    if (stats !== undefined) rmSync(parent);
    mkdirSync(parent);
    own(parent);
  }
}

function parentsOf(directory: string, file: string): string[] {
  const parts = file.split('/');
  if (parts.some(part => part === '' || part === '.' || part === '..'))
    throw new Error(`not a path of a repo: ${file}`);
  return parts.slice(0, -1).map((_, index) => path.join(directory, ...parts.slice(0, index + 1)));
}
