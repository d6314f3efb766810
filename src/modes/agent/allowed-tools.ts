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

/** `mcp__tickets__find`, as other agents write it, is our `tickets_find`. */
function nameOfMcpTool(name: string): string {
  return name.replace(/^mcp__([a-zA-Z0-9-]+)__/, '$1_');
}

export interface AllowedTools {
  /** Whether a tool of this name may be offered; `finish` always may. */
  allows(name: string): boolean;
  /** Why a command must not run, or undefined. */
  commandProblem(command: string): string | undefined;
  /** True when the skill names commands as something it needs. */
  readonly asksForCommands: boolean;
}

/**
 * What `allowed-tools` of a skill leaves: all tools when it is empty, else those it names, in our words or in those of other agents.
 * `Bash(git:*)` and `run_command(git *)` allow only single commands that begin so.
 */
export function readAllowedTools(allowed: readonly string[]): AllowedTools {
  const names = new Set<string>(['finish']);
  const prefixes: string[] = [];
  let anyCommand = false;
  for (const entry of allowed) {
    const [, name = '', scope] = /^([^(]+)(?:\((.*)\))?$/.exec(entry) ?? [];
    const own = knownAs[name.toLowerCase()] ?? [nameOfMcpTool(name)];
    for (const tool of own) names.add(tool);
    if (!own.includes('run_command')) continue;
    if (scope === undefined || scope === '' || scope === '*') anyCommand = true;
    else prefixes.push(scope.replace(/:?\s*\*$/, '').trim());
  }
  const asksForCommands = anyCommand || prefixes.length > 0;
  return {
    asksForCommands,
    allows: name => allowed.length === 0 || names.has(name),
    commandProblem(command) {
      if (anyCommand || prefixes.length === 0) return undefined;
      // Two commands in one would let the second one be anything.
      if (/[;&|<>`\n\r]|\$\(/.test(command))
        return 'the skill allows single commands only, without ; & | < > ` $( and line ends';
      const trimmed = command.trim();
      const isAllowed = prefixes.some(prefix => trimmed === prefix || trimmed.startsWith(`${prefix} `));
      return isAllowed ? undefined : `the skill allows only commands that begin with: ${prefixes.join(', ')}`;
    },
  };
}
