import type {BigIntStats} from 'node:fs';
import type {IgnoreRules} from './ignored-paths.ts';

/** What is new at a path: something to take, a folder to look into, or nothing that could be part of a change. */
export type NewPath<Why> =
  | {readonly path: string; readonly stat: BigIntStats}
  | {readonly path: string; readonly why: Why};

export interface NewPathsOptions<Why> {
  /** Found in folders that the repo has; folders end in `/`. */
  readonly first: readonly NewPath<Why>[];
  /** What lies directly in a folder. */
  readonly look: (folder: string) => Promise<readonly NewPath<Why>[]>;
  readonly rules: () => Promise<IgnoreRules>;
  readonly take: (path: string, stat: BigIntStats) => void;
  readonly leaveOut: (path: string, why: Why | 'ignored') => void;
  readonly rest: () => Promise<void> | undefined;
}

/** Asking about each folder by itself would take a process for every level of a deep tree. */
const askedAtOnce = 2000;

/**
 * Goes through what is new, in depth, and takes what the repo does not ignore. It looks a little further than it has asked: what turns out
 * to lie below an ignored folder is forgotten again.
 */
export async function takeNewPaths<Why>(options: NewPathsOptions<Why>): Promise<void> {
  // Not ignored, and not looked into.
  const waiting = await judge(options.first, new Set(), options);
  while (waiting.length > 0) {
    const found: NewPath<Why>[] = [];
    const looked = new Set<string>();
    const unasked: string[] = [];
    while (found.length < askedAtOnce) {
      const folder = unasked.pop() ?? waiting.pop();
      if (folder === undefined) break;
      looked.add(folder);
      const inside = await options.look(folder);
      found.push(...inside);
      unasked.push(...inside.filter(isFolder).map(({path}) => path));
    }
    waiting.push(...(await judge(found, looked, options)));
  }
}

/** Every folder before what is in it. Gives the folders that are left to look into. */
async function judge<Why>(
  found: readonly NewPath<Why>[],
  looked: ReadonlySet<string>,
  {rules, take, leaveOut, rest}: NewPathsOptions<Why>,
): Promise<string[]> {
  const asked = found.flatMap(item => ('why' in item ? [] : [item.path]));
  const ignored = asked.length === 0 ? new Set<string>() : await (await rules()).ignored(asked);
  const dropped = new Set<string>();
  const left: string[] = [];
  for (const item of found) {
    await rest();
    if (dropped.has(folderOf(item.path))) dropped.add(item.path);
    else if ('why' in item) leaveOut(item.path, item.why);
    else if (ignored.has(item.path)) {
      dropped.add(item.path);
      leaveOut(item.path, 'ignored');
    } else if (!isFolder(item)) take(item.path, item.stat);
    else if (!looked.has(item.path)) left.push(item.path);
  }
  return left;
}

function isFolder<Why>(item: NewPath<Why>): boolean {
  return !('why' in item) && item.path.endsWith('/');
}

/** With its slash at the end; empty at the top. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/', path.length - 2) + 1);
}
