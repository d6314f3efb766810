import type {RepoContext} from '../../domain/context.ts';

const mostPaths = 20_000;

export interface KnownPaths {
  /** Every path the context names, sorted, each once. */
  readonly paths: readonly string[];
  /** How many more files the outline counts without naming them, by the folder they are in (`src/generated/`). */
  readonly unnamed: ReadonlyMap<string, number>;
}

/** What exists, as far as the context says: files shown, files left out, and those of the outline. */
export function listPaths(context: RepoContext): KnownPaths {
  const outline = readOutline(context.outline);
  const paths = new Set(outline.paths);
  for (const {path} of context.files) paths.add(path);
  for (const {path} of context.leftOut) paths.add(path);
  paths.delete('');
  return {paths: [...paths].sort((a, b) => (a < b ? -1 : 1)), unnamed: outline.unnamed};
}

/**
 * The outline indents what is in a folder. A folder ends in `/`, followed by a count when it is not opened; an executable
 * ends in `*`; links, submodules and names that had to be quoted are no files that could be described.
 */
function readOutline(outline: string): {paths: string[]; unnamed: Map<string, number>} {
  const paths: string[] = [];
  const unnamed = new Map<string, number>();
  const folders: {indent: number; path: string}[] = [];
  for (const line of outline.split('\n', mostPaths)) {
    const name = line.trim();
    if (name === '' || name.length > 300) continue;
    const indent = line.length - line.trimStart().length;
    while (folders.length > 0 && folders.at(-1)!.indent >= indent) folders.pop();
    const path = `${folders.at(-1)?.path ?? ''}${name}`;
    const counted = /^… (\d{1,9}) more files$|\/ \((\d{1,9}) files?\)$/.exec(name);
    if (counted !== null) {
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
      unnamed.set(folder, (unnamed.get(folder) ?? 0) + Number(counted[1] ?? counted[2]));
    } else if (name.endsWith('/')) {
      // a bomb of ever deeper folders would make every path longer
      if (folders.length < 40) folders.push({indent, path});
    } else if (!/^[…"]| -> link$| \(submodule\)$/.test(name)) {
      paths.push(path.replace(/\*$/, ''));
    }
  }
  return {paths, unnamed};
}
