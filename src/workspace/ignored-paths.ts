import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {ObjectReader, TreeEntry} from '../domain/git.ts';
import {runOwnGit} from './own-git.ts';

export interface IgnoreOptions {
  readonly gitPath?: string;
  readonly gitDirectory: string;
  /** Made here: a tree of nothing but the .gitignore files of the base commit. */
  readonly directory: string;
}

/** Says which new paths the repo ignores at the base commit, whatever a job made of its .gitignore files since. */
export interface IgnoreRules {
  /** Of these paths; a folder ends in `/`. */
  ignored(paths: readonly string[]): Promise<ReadonlySet<string>>;
}

export async function openIgnoreRules(
  reader: Pick<ObjectReader, 'blobs'>,
  base: readonly TreeEntry[],
  options: IgnoreOptions,
): Promise<IgnoreRules> {
  // git follows no link to such a file.
  const isRules = ({path, kind, readable}: TreeEntry): boolean =>
    readable && (kind === 'file' || kind === 'executable') && /(?:^|\/)\.gitignore$/.test(path);
  const files = base.filter(isRules);
  if (files.length === 0) return {ignored: async () => new Set()};
  const blobs = await reader.blobs(files.map(({id}) => id));
  for (const [index, {path}] of files.entries()) {
    const target = join(options.directory, path);
    mkdirSync(dirname(target), {recursive: true});
    writeFileSync(target, blobs[index] ?? '');
  }
  return {
    async ignored(paths) {
      if (paths.length === 0) return new Set();
      for (const path of paths) if (path.endsWith('/')) makeProbe(join(options.directory, path));
      // What begins so has no meaning to git but itself.
      const asked = paths.map(path => `./${path.replace(/\/$/, '')}`);
      const {exitCode, stdout, stderr} = await runOwnGit(
        ['-c', 'core.excludesFile=/dev/null', 'check-ignore', '--stdin', '-z', '--no-index'],
        {
          ...options,
          objectDirectories: [],
          env: {GIT_WORK_TREE: options.directory, GIT_INDEX_FILE: '/dev/null'},
        },
        {cwd: options.directory, input: `${asked.join('\0')}\0`, timeoutMs: 60_000},
      );
      // 1 says that none is ignored.
      if (exitCode !== 0 && exitCode !== 1) throw new Error(`git check-ignore: ${stderr.slice(0, 500)}`);
      const matched = new Set(stdout.toString('utf8').split('\0'));
      return new Set(paths.filter((_, index) => matched.has(asked[index]!)));
    },
  };
}

/** Rules for folders only apply to what is one. */
function makeProbe(folder: string): void {
  try {
    mkdirSync(folder, {recursive: true});
  } catch {
    // A .gitignore file lies where the job has made a folder: no rule of it can be meant for that.
  }
}
