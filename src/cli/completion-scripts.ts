/** A command as completion knows it; the name of the program itself is empty. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  /** What its first argument can be. */
  readonly words: readonly string[];
  readonly takesFiles: boolean;
  readonly options: readonly CompletedOption[];
}

interface CompletedOption {
  readonly long: string;
  readonly short?: string;
  readonly description: string;
  /** What follows it: nothing, a file or any text, or one of some words. */
  readonly value: 'none' | 'file' | readonly string[];
}

export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const values = new Map(
    commands.flatMap(({options}) => options.map(({long, short, value}) => [long, {short, value}] as const)),
  );
  const namesOf = (isSo: (value: CompletedOption['value']) => boolean): string =>
    [...values]
      .flatMap(([long, {short, value}]) => (isSo(value) ? [long, ...(short === undefined ? [] : [short])] : []))
      .join('|');
  return `# bash completion of orchestrator
_orchestrator() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in ${named(commands)
      .map(({name}) => name)
      .join('|')}) command="$word"; break ;; esac
  done
  case "$previous" in
${[...values].flatMap(([long, {value}]) => (typeof value === 'string' ? [] : [`    ${long}) COMPREPLY=($(compgen -W "${value.join(' ')}" -- "$current")); return ;;`])).join('\n')}
    ${namesOf(value => value === 'file')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  local words=""
  case "$command" in
${commands.map(command => `    ${command.name === '' ? "''" : command.name}) words="${bashWords(command, commands)}" ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  ${
    commands.some(({takesFiles}) => takesFiles)
      ? `case "$command" in ${commands
          .filter(({takesFiles}) => takesFiles)
          .map(({name}) => name)
          .join('|')}) COMPREPLY+=($(compgen -f -- "$current")) ;; esac`
      : ':'
  }
}
complete -o filenames -F _orchestrator orchestrator
`;
}

function bashWords(command: CompletedCommand, commands: readonly CompletedCommand[]): string {
  const first = command.name === '' ? named(commands).map(({name}) => name) : command.words;
  return [...first, ...command.options.map(({long}) => long), '--help'].join(' ');
}

export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const program = commands.find(({name}) => name === '');
  return `#compdef orchestrator
_orchestrator() {
  local -a commands
  commands=(
${named(commands)
  .map(({name, description}) => `    '${name}:${zshText(description)}'`)
  .join('\n')}
  )
  local command=""
  local word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if (( \${commands[(I)$word:*]} )); then command="$word"; break; fi
  done
  case "$command" in
    '')
      _arguments -C ${zshOptions(program?.options ?? [])} '1: :->command' && return
      [[ $state == command ]] && _describe command commands
      ;;
${named(commands)
  .map(command => `    ${command.name}) _arguments '1: :' ${zshOptions(command.options)}${zshArguments(command)} ;;`)
  .join('\n')}
  esac
}
_orchestrator "$@"
`;
}

function zshOptions(options: readonly CompletedOption[]): string {
  return options
    .map(({long, description, value}) => {
      const action = value === 'none' ? '' : value === 'file' ? ':value:_files' : `:value:(${value.join(' ')})`;
      return `'*${long}[${zshText(description)}]${action}'`;
    })
    .join(' ');
}

function zshArguments({words, takesFiles}: CompletedCommand): string {
  if (words.length > 0) return ` '2:argument:(${words.join(' ')})'`;
  return takesFiles ? ` '*:file:_files'` : '';
}

/** Inside single quotes and square brackets. */
function zshText(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, character => `\\${character}`);
}

export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const names = named(commands).map(({name}) => name);
  const lines = commands.flatMap(command => {
    const condition =
      command.name === ''
        ? `not __fish_seen_subcommand_from ${names.join(' ')}`
        : `__fish_seen_subcommand_from ${command.name}`;
    const head = `complete -c orchestrator -n ${fishText(condition)}`;
    const own =
      command.name === ''
        ? []
        : [
            `complete -c orchestrator -f -n '__fish_use_subcommand' -a ${command.name} -d ${fishText(command.description)}`,
          ];
    const words = command.words.length === 0 ? [] : [`${head} -f -a ${fishText(command.words.join(' '))}`];
    const options = command.options.map(({long, short, description, value}) => {
      const argument = value === 'none' ? '' : value === 'file' ? ' -r' : ` -x -a ${fishText(value.join(' '))}`;
      return `${head} -l ${long.slice(2)}${short === undefined ? '' : ` -s ${short.slice(1)}`}${argument} -d ${fishText(description)}`;
    });
    return [...own, ...words, ...options];
  });
  return `# fish completion of orchestrator\n${lines.join('\n')}\n`;
}

function fishText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function named(commands: readonly CompletedCommand[]): readonly CompletedCommand[] {
  return commands.filter(({name}) => name !== '');
}
