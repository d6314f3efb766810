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
  const isSmall = paths.length <= mostLines;
  if (isSmall) return bullets(paths.map(describe));
  const folders = new Map<string, string[]>();
  for (const path of paths) {
    const folder = path.includes('/') ? path.slice(0, path.indexOf('/') + 1) : '';
    folders.set(folder, [...(folders.get(folder) ?? []), path]);
  }
  const lines = [...folders]
    .filter(([folder]) => folder !== '')
    .map(([folder, its]) => describeFolder(folder, its, texts));
  const single = (folders.get('') ?? []).map(describe);
  return bullets([...lines, ...single].slice(0, mostLines));
}

function describeFolder(
  folder: string,
  paths: readonly string[],
  texts: ReadonlyMap<string, RepoContext['files'][number]>,
): string {
  const index = paths.find(
    path => /(?:^|\/)(?:index\.\w+|mod\.rs|lib\.rs|__init__\.py|doc\.go)$/.test(path) && path.split('/').length <= 3,
  );
  const file = index === undefined ? undefined : texts.get(index);
  const comment = file === undefined ? undefined : leadingComment(file);
  const said =
    comment !== undefined ? escapeText(firstSentence(comment), 160) : folderRoles[folder.slice(0, -1).toLowerCase()];
  return `${code(folder)} (${paths.length} ${paths.length === 1 ? 'file' : 'files'})${said === undefined ? '' : `: ${said}`}`;
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
