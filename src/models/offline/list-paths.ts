import type {RepoContext} from '../../domain/context.ts';

const mostPaths = 20_000;

/** Every path the context names: files shown, files left out, and those of the outline. Sorted, each once. */
export function listPaths(context: RepoContext): string[] {
  const paths = new Set<string>();
  for (const {path} of context.files) paths.add(path);
  for (const {path} of context.leftOut) paths.add(path);
  for (const path of outlinePaths(context.outline)) {
    if (paths.size >= mostPaths) break;
    paths.add(path);
  }
  return [...paths].filter(path => path !== '').sort((a, b) => (a < b ? -1 : 1));
}

/** The outline names a folder with a final `/` and indents what is in it. Lines that summarise are not names. */
function* outlinePaths(outline: string): Generator<string> {
  const folders: {indent: number; path: string}[] = [];
  for (const line of outline.split('\n')) {
    const name = line.trim();
    if (name === '' || name.length > 300 || /^(?:…|\.\.\.|\()|\((?:\d[\d,]*|…)\b/.test(name)) continue;
    const indent = line.length - line.trimStart().length;
    while (folders.length > 0 && folders.at(-1)!.indent >= indent) folders.pop();
    const path = `${folders.at(-1)?.path ?? ''}${name}`;
    if (!name.endsWith('/')) yield path;
    // a bomb of ever deeper folders would make every path longer
    else if (folders.length < 40) folders.push({indent, path});
  }
}
