import {type Dirent, existsSync, readdirSync, statSync} from 'node:fs';
import path from 'node:path';
import picomatch from 'picomatch';

/** Deep enough for any layout that people use, shallow enough to end. */
const maxGlobDepth = 8;

/**
 * Every git repository below `root`, at most `depth` levels down, in path order. Does not look inside a repo it found, in
 * `node_modules` or in hidden folders, and follows no links. `unreadable` folders are left out.
 */
export function findRepos(root: string, depth: number): string[] {
  const found: string[] = [];
  let level = [root];
  for (let remaining = depth; remaining > 0 && level.length > 0; remaining--) {
    const next: string[] = [];
    for (const directory of level) {
      for (const entry of list(directory)) {
        if (!entry.isDirectory() || entry.name.startsWith('.') || entry.name === 'node_modules') continue;
        const child = path.join(directory, entry.name);
        if (isGitRepo(child)) found.push(child);
        else next.push(child);
      }
    }
    level = next;
  }
  return found.sort(byCodeUnit);
}

/** The repos a glob matches; a path that exists as it is written stands for itself. `pattern` is absolute. */
export function expandRepoGlob(pattern: string): string[] {
  if (existsSync(pattern)) return [pattern];
  const {base, glob} = picomatch.scan(pattern);
  if (glob === '') return [];
  // Braces and extglobs can hold a slash, so only a plain pattern tells its depth.
  const plain = !/\*\*|[{}()]/.test(glob);
  const matches = picomatch(glob);
  const depth = plain ? glob.split('/').length : maxGlobDepth;
  return findRepos(base, depth).filter(repo => matches(path.relative(base, repo)));
}

/** A work tree (`.git` folder, or file in a linked work tree or submodule), or a bare repository. */
export function isGitRepo(directory: string): boolean {
  if (existsSync(path.join(directory, '.git'))) return true;
  return ['HEAD', 'objects', 'refs'].every(name => existsSync(path.join(directory, name)));
}

export function isDirectory(directory: string): boolean {
  return statSync(directory, {throwIfNoEntry: false})?.isDirectory() ?? false;
}

function list(directory: string): Dirent[] {
  try {
    return readdirSync(directory, {withFileTypes: true});
  } catch {
    // A folder that may not be read holds no repo that we could work on.
    return [];
  }
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
