import {existsSync, realpathSync} from 'node:fs';
import path from 'node:path';
import type {Repo} from '../domain/repo.ts';

/** The work trees that a run works on. What lies in one of them is the repo's word and not the operator's. */
export interface TargetTrees {
  /** The repo in whose tree the place lies, by its path as written or by what links in it lead to. */
  holding(place: string): HeldPlace | undefined;
}

export interface HeldPlace {
  readonly repo: string;
  /** Real path of the tree. */
  readonly tree: string;
}

/** Looks at nothing before it is asked; most places lie in no work tree at all. */
export function findTargetTrees(repos: readonly Pick<Repo, 'name' | 'path'>[], cwd: string): TargetTrees {
  return {
    holding(place) {
      // A link inside the tree is the repo's word too, wherever it leads.
      const ways = [path.join(realPath(cwd), path.relative(cwd, place)), realPath(place)];
      const trees = new Set(ways.flatMap(workTreesAbove));
      if (trees.size === 0) return undefined;
      for (const {name, path: folder} of repos) {
        const tree = folder === undefined ? undefined : workTreesAbove(realPath(folder))[0];
        if (tree !== undefined && trees.has(tree)) return {repo: name, tree};
      }
      return undefined;
    },
  };
}

/** The path itself when it does not exist. */
export function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

export function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative === '' || !(relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative));
}

/** Innermost first. */
function workTreesAbove(place: string): string[] {
  const trees: string[] = [];
  for (let at = place; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, '.git'))) trees.push(at);
    if (at === path.dirname(at)) return trees;
  }
}
