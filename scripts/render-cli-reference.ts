import type {Command} from 'commander';
import type {Io} from '../src/cli/io.ts';
import {createProgram} from '../src/cli/program.ts';

/** docs/reference/cli.md: the help of every command as it is printed. */
export function renderCliReference(): string {
  let printed = '';
  const program = createProgram(
    quietIo(text => (printed += text)),
    () => {},
  );
  const helpOf = (command: Command): string => {
    printed = '';
    command.configureHelp({helpWidth: 100}).outputHelp();
    return printed.trim();
  };
  const commands = program.commands.filter(command => command.name() !== 'help');
  return [
    '# Command line',
    '',
    'What `--help` prints, command by command. This page is made from the program itself.',
    '',
    commands.map(command => `[${command.name()}](#${command.name()})`).join(' · '),
    '',
    '```text',
    helpOf(program),
    '```',
    '',
    ...commands.flatMap(command => [`## ${command.name()}`, '', '```text', helpOf(command), '```', '']),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

/** The same on every machine: no terminal, no environment. */
function quietIo(out: (text: string) => void): Io {
  return {
    out,
    err: out,
    outIsTerminal: false,
    errIsTerminal: false,
    canAsk: false,
    color: false,
    size: () => ({columns: 100, rows: 50}),
    env: {},
    cwd: '/',
    home: '/',
    stateDir: '/',
  };
}
