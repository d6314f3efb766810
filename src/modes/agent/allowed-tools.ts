import {compileGlob, GlobError} from '../../util/glob.ts';
import {quoteText} from '../../util/quote-text.ts';
import {commandScopeProblem, readCommandScope} from './command-scope.ts';

/** Our names for what skills written for other agents call their tools. */
const knownAs: Readonly<Record<string, readonly string[]>> = {
  read: ['read_file'],
  view: ['read_file'],
  notebookread: ['read_file'],
  write: ['write_file'],
  edit: ['edit_file'],
  multiedit: ['edit_file'],
  bash: ['run_command'],
  shell: ['run_command'],
  terminal: ['run_command'],
  execute: ['run_command'],
  grep: ['search_files'],
  search: ['search_files'],
  glob: ['list_files'],
  ls: ['list_files'],
};

const ownNames = ['read_file', 'write_file', 'edit_file', 'list_files', 'search_files', 'run_command', 'finish'];

export interface AllowedTools {
  /** Whether a tool of this name may be offered; `finish` always may. */
  allows(name: string): boolean;
  /** Whether the tool may be used on this path of the repo: `Write(docs/**)` says on which. */
  allowsPath(name: string, path: string): boolean;
  /** For the model: which paths those are. */
  describePaths(name: string): string;
  /** Why a command must not run, or undefined. */
  commandProblem(command: string): string | undefined;
  /** True when the skill names commands as something it needs. */
  readonly asksForCommands: boolean;
  /** Whether tools of this MCP server may be offered; which it has is not known before it is asked. */
  asksForServer(server: string): boolean;
  /** Entries that name no tool of ours and none of these MCP servers. */
  unknown(servers: readonly string[]): readonly string[];
}

/**
 * What `allowed-tools` of a skill leaves: all tools when it is empty, else those it names, in our words or in those of other agents.
 * `Write(docs/**)` allows only these paths, `Bash(git add:*)` only single commands that begin so, `Bash(npm test)` only this one. Of two
 * entries for a tool each allows what it says.
 */
export function readAllowedTools(allowed: readonly string[]): AllowedTools {
  const entries = allowed.map(readEntry);
  const isAll = entries.length === 0 || entries.some(({names}) => names.includes('*'));
  const of = (name: string): readonly Entry[] => entries.filter(({names}) => names.includes(name));
  const isFree = (name: string): boolean => isAll || of(name).some(({scope}) => scope === undefined);
  const commands = of('run_command').flatMap(({scope}) => (scope === undefined ? [] : [readCommandScope(scope)]));
  const paths = new Map<string, readonly ((path: string) => boolean)[]>();
  const pathsOf = (name: string): readonly ((path: string) => boolean)[] => {
    const known = paths.get(name) ?? of(name).map(({scope = '**'}) => pathMatcher(scope));
    paths.set(name, known);
    return known;
  };
  return {
    asksForCommands: of('run_command').length > 0,
    allows: name => isAll || name === 'finish' || of(name).length > 0 || entries.some(entry => coversMcp(entry, name)),
    allowsPath: (name, path) => isFree(name) || pathsOf(name).some(matches => matches(path)),
    describePaths: name =>
      of(name)
        .flatMap(({scope}) => (scope === undefined ? [] : [quoteText(scope)]))
        .join(', '),
    commandProblem: command =>
      isFree('run_command') || commands.length === 0 ? undefined : commandScopeProblem(command, commands),
    asksForServer: server => isAll || entries.some(entry => isOfServer(entry, server)),
    unknown: servers =>
      entries
        .filter(entry => {
          const isOurs = entry.names.some(name => name === '*' || ownNames.includes(name));
          return !isOurs && !servers.some(server => isOfServer(entry, server));
        })
        .map(({written}) => written),
  };
}

interface Entry {
  readonly written: string;
  /** In our words. */
  readonly names: readonly string[];
  /** Undefined: whatever it is used for. */
  readonly scope?: string;
}

function readEntry(written: string): Entry {
  const [, name = '', scope] = /^([^(]+)(?:\((.*)\))?$/s.exec(written) ?? [];
  const names = knownAs[name.toLowerCase()] ?? [name];
  return scope === undefined || ['', '*', '**'].includes(scope.trim()) ? {written, names} : {written, names, scope};
}

function isOfServer({written}: Entry, server: string): boolean {
  return written === `mcp__${server}` || written.startsWith(`mcp__${server}__`) || written.startsWith(`${server}_`);
}

/** `mcp__tickets__find` is offered as that; `mcp__tickets` stands for all tools of the server, `tickets_find` for the same tool. */
function coversMcp({names: [written = '']}: Entry, name: string): boolean {
  const [, server = '', tool = ''] = /^mcp__([^_]+)__(.*)$/.exec(name) ?? [];
  return server !== '' && [`mcp__${server}`, `mcp__${server}__*`, `${server}_${tool}`].includes(written);
}

/** As in a .gitignore: without a slash a name anywhere, a folder with all below it. */
function pathMatcher(scope: string): (path: string) => boolean {
  // Absolute paths and homes of other machines lie in no repo.
  if (/^(?:\/\/|~)/.test(scope)) return () => false;
  const bare = scope.replace(/\/$/, '');
  try {
    const globs = [
      compileGlob(bare, {anywhere: true}),
      compileGlob(bare.includes('/') ? `${bare}/**` : `**/${bare}/**`),
    ];
    return path => globs.some(glob => glob.matches(path));
  } catch (error) {
    if (error instanceof GlobError) return () => false;
    throw error;
  }
}
