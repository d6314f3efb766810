import {gitEnvironment} from '../../../util/git-environment.ts';
import type {Glob} from '../../../util/glob.ts';
import {type CommandResult, runCommand} from '../../../util/run-command.ts';
import {objectSchema, readGlob, readText} from '../read-arguments.ts';
import {type Tool, ToolError, type ToolReach} from '../tool.ts';

const maxLines = 200;
const maxLineCharacters = 400;
const timeoutMs = 20_000;

export const searchFilesTool: Tool = {
  name: 'search_files',
  description: `Finds lines of text files of the repo that match a regular expression; at most ${maxLines}, as path:line:text. Ignored files count too.`,
  parameters: objectSchema({
    pattern: {type: 'string', description: 'Regular expression, case matters.'},
    'file_pattern?': {type: 'string', description: 'Glob of the files to look into, such as "*.ts".'},
  }),
  mutates: false,
  async call(input, reach) {
    const pattern = readText(input, 'pattern');
    const glob = readGlob(input, 'file_pattern');
    if (pattern === '') throw new ToolError('"pattern" is empty');
    if (pattern.length > 1000) throw new ToolError('"pattern" is longer than 1000 characters');
    if (`${pattern}${glob?.coarse.join('') ?? ''}`.includes('\0'))
      throw new ToolError('a pattern cannot hold a NUL character');
    const lines = await search(pattern, glob, reach);
    return {text: await showLines(lines, reach)};
  },
};

/** In a process of its own, so that no expression can hold up the other jobs. */
async function search(pattern: string, glob: Glob | undefined, reach: ToolReach): Promise<string[]> {
  const options = {
    cwd: reach.directory,
    env: gitEnvironment({PATH: reach.programPath, LC_ALL: 'C.UTF-8', GIT_CEILING_DIRECTORIES: '/'}),
    timeoutMs,
    maxBytes: 4 * 1024 * 1024,
    signal: reach.signal,
  };
  const coarse = glob?.coarse ?? [];
  const result = await runCommand('rg', ripgrepArguments(pattern, coarse), options).catch(error => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return searchWithGit(dialect => runCommand('git', gitArguments(dialect, pattern, coarse), options));
  });
  if (result.exitCode === null) throw new ToolError('the search took too long or found too much; narrow it');
  if (result.exitCode > 1) throw new ToolError(`the search failed: ${result.stderr.trim().slice(0, 300)}`);
  return result.stdout
    .toString('utf8')
    .split('\n')
    .filter(line => line !== '' && isWanted(splitPath(line)[0]));

  function isWanted(path: string): boolean {
    return (glob?.matches(path) ?? true) && (reach.shows?.(path) ?? true);
  }
}

/** Nothing of the repo may decide what is found, so no ignore file counts. */
function ripgrepArguments(pattern: string, coarse: readonly string[]): string[] {
  return [
    '--no-config',
    '--no-ignore',
    '--hidden',
    '--no-follow',
    '--no-heading',
    '--line-number',
    '--null',
    '--color=never',
    '--sort=path',
    '--max-columns=2000',
    '--max-columns-preview',
    '--regex-size-limit=10M',
    ...coarse.map(glob => `--glob=/${glob}`),
    // The last one that matches counts.
    '--glob=!.git',
    '--regexp',
    pattern,
    '--',
    './',
  ];
}

/** Where there is no ripgrep: git can search a folder that is no repository, and never reads what is not a regular file. */
async function searchWithGit(searchIn: (dialect: '-P' | '-E') => Promise<CommandResult>): Promise<CommandResult> {
  const result = await searchIn('-P');
  // Not every git is built with the library that knows the words which models use, such as \d.
  return result.exitCode === 128 && result.stderr.includes('USE_LIBPCRE') ? await searchIn('-E') : result;
}

function gitArguments(dialect: string, pattern: string, coarse: readonly string[]): string[] {
  return [
    'grep',
    '--no-index',
    '--no-exclude-standard',
    '-I',
    '-n',
    '-z',
    '--no-color',
    dialect,
    '-e',
    pattern,
    '--',
    ...(coarse.length === 0 ? ['.'] : coarse.map(glob => `:(glob)${glob}`)),
  ];
}

/** Lines of files that hold a secret are not shown. */
async function showLines(lines: readonly string[], reach: ToolReach): Promise<string> {
  const byFile = new Map<string, string[]>();
  for (const line of lines.slice(0, maxLines)) {
    const [path = '', rest = ''] = splitPath(line);
    byFile.set(path, [...(byFile.get(path) ?? []), `${path}:${cut(rest)}`]);
  }
  const shown: string[] = [];
  for (const [path, found] of byFile) {
    const isHeldBack = await holdsSecret(path, found, reach);
    shown.push(...(isHeldBack ? [`[${path}: held back, it holds what looks like a secret]`] : found));
  }
  if (lines.length > maxLines) shown.push(`[cut: ${lines.length - maxLines} more lines; narrow the search]`);
  return shown.length === 0 ? '[nothing found]' : shown.join('\n');
}

/** Asked of the whole file: a line out of a key does not look like one. */
async function holdsSecret(path: string, found: readonly string[], reach: ToolReach): Promise<boolean> {
  if (reach.secretNameRule(path) !== undefined) return true;
  const bytes = await reach.files.readIfThere(path, 8 * 1024 * 1024).catch(error => {
    if (error instanceof ToolError) return undefined;
    throw error;
  });
  const text = bytes?.toString('utf8') ?? found.join('\n');
  return (await reach.findSecrets(path, text)).length > 0;
}

/** Path, then NUL, then `line:text`; from git a second NUL takes the place of the colon. */
function splitPath(line: string): [string, string] {
  const at = line.indexOf('\0');
  return [line.slice(0, at).replace(/^\.\//, ''), line.slice(at + 1).replace('\0', ':')];
}

function cut(text: string): string {
  return text.length > maxLineCharacters ? `${text.slice(0, maxLineCharacters)} [cut]` : text;
}
