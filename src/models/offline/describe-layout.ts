import type {RepoContext} from '../../domain/context.ts';
import {isTestPath, languageOf} from './languages.ts';
import {bullets, code, escapeText} from './markdown.ts';
import {firstSentence, leadingComment} from './read-code.ts';
import type {RepoFacts} from './repo-facts.ts';

const mostLines = 24;

/** What is where: single files when there are few, folders with their number of files when there are many. */
export function describeLayout(context: RepoContext, facts: RepoFacts): string {
  const paths = facts.paths.filter(
    path => !/(?:^|\/)\.[^/]|^(?:licen[sc]e|copying|readme)\b|(?:\.lock|-lock\.json|go\.sum|\.orig)$/i.test(path),
  );
  const texts = new Map(context.files.map(file => [file.path, file]));
  const describe = (path: string): string => {
    const file = texts.get(path);
    const comment =
      file === undefined || languageOf(path) === undefined || isTestPath(path) ? undefined : leadingComment(file);
    const said = comment === undefined ? roleOf(path, facts) : escapeText(firstSentence(comment), 160);
    return `${code(path)}${said === undefined ? '' : `: ${said}`}`;
  };
  if (paths.length <= mostLines && facts.unnamed.size === 0) return bullets(paths.map(describe));
  const folderOf = chooseFolders(paths);
  const counts = new Map<string, number>();
  const members = new Map<string, string[]>();
  const count = (folder: string, files: number): unknown => counts.set(folder, (counts.get(folder) ?? 0) + files);
  for (const [folder, files] of facts.unnamed) count(folderOf(folder), files);
  for (const path of paths) {
    const folder = folderOf(path);
    count(folder, 1);
    const known = members.get(folder);
    if (known === undefined) members.set(folder, [path]);
    else known.push(path);
  }
  const folders = [...counts.keys()].filter(folder => folder !== '' && !folder.startsWith('.')).sort();
  const lines = folders.map(folder =>
    describeFolder(folder, counts.get(folder)!, introductionOf(members.get(folder) ?? [], texts)),
  );
  const rest = lines.length - mostLines;
  const single = (members.get('') ?? []).map(describe).slice(0, Math.max(0, mostLines - lines.length));
  return bullets([...lines.slice(0, mostLines), ...single, ...(rest > 0 ? [`and ${rest} more folders`] : [])]);
}

/** The folder under which a path is counted: that at the root, or one below it where most of the repo is in one folder. */
function chooseFolders(paths: readonly string[]): (path: string) => string {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const top = path.slice(0, path.indexOf('/') + 1);
    counts.set(top, (counts.get(top) ?? 0) + 1);
  }
  return path => {
    const first = path.indexOf('/') + 1;
    const top = path.slice(0, first);
    const second = path.indexOf('/', first) + 1;
    return top !== '' && second > 0 && counts.get(top)! * 2 > paths.length ? path.slice(0, second) : top;
  };
}

/** What the file that stands for a folder says of it. */
function introductionOf(
  paths: readonly string[],
  texts: ReadonlyMap<string, RepoContext['files'][number]>,
): string | undefined {
  const index = paths.find(
    path => /\/(?:index\.\w+|mod\.rs|lib\.rs|__init__\.py|doc\.go)$/.test(path) && path.split('/').length <= 3,
  );
  const file = index === undefined ? undefined : texts.get(index);
  return file === undefined ? undefined : leadingComment(file);
}

function describeFolder(folder: string, count: number, introduction: string | undefined): string {
  const name = folder.slice(0, -1).toLowerCase();
  const role = Object.hasOwn(folderRoles, name) ? folderRoles[name] : undefined;
  const said = introduction === undefined ? role : escapeText(firstSentence(introduction), 160);
  return `${code(folder)} (${count} ${count === 1 ? 'file' : 'files'})${said === undefined ? '' : `: ${said}`}`;
}

const folderRoles: Readonly<Record<string, string>> = {
  test: 'tests',
  tests: 'tests',
  spec: 'tests',
  docs: 'documentation',
  doc: 'documentation',
  examples: 'examples',
  scripts: 'scripts',
  src: 'the source',
  lib: 'the source',
};

function roleOf(path: string, facts: RepoFacts): string | undefined {
  const name = path.split('/').at(-1)!;
  if (isTestPath(path) && languageOf(path) !== undefined) return 'tests';
  const entry = facts.entryPoints.find(it => it.path === path);
  if (entry !== undefined) return escapeText(entry.role, 80);
  return Object.hasOwn(fileRoles, name) ? fileRoles[name] : undefined;
}

const fileRoles: Readonly<Record<string, string>> = {
  'package.json': 'the npm package, its scripts and dependencies',
  'pyproject.toml': 'the Python package and its tools',
  'Cargo.toml': 'the crate and its dependencies',
  'go.mod': 'the Go module and its dependencies',
  'pom.xml': 'the Maven build',
  'composer.json': 'the PHP package',
  Gemfile: 'the Ruby gems',
  'mix.exs': 'the Mix project',
  Makefile: 'what `make` can do',
  Dockerfile: 'the container image',
  'index.html': 'the page',
  'tsconfig.json': 'settings of the TypeScript compiler',
};
