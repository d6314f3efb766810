import type {Command} from 'commander';
import {OrchestratorError} from '../../domain/errors.ts';
import {didYouMean} from '../../util/nearest-name.ts';
import {quoteText} from '../../util/quote-text.ts';
import {bashCompletion, type CompletedCommand, fishCompletion, zshCompletion} from '../completion-scripts.ts';
import type {Io} from '../io.ts';
import {schemaNames} from './schema.ts';

const shells = {bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion} as const;

/** Prints a script that completes commands, options and fixed arguments; made from the program itself. */
export async function completion(io: Io, shell: string, program: Command): Promise<number> {
  if (!Object.hasOwn(shells, shell)) {
    const names = Object.keys(shells);
    throw new OrchestratorError('unknown-shell', `no completion for ${quoteText(shell)}`, {
      hint: didYouMean(shell, names) ?? `shells are ${names.join(', ')}`,
    });
  }
  const commands = [describe(program, ''), ...program.commands.map(command => describe(command, command.name()))];
  io.out(shells[shell as keyof typeof shells](commands));
  return 0;
}

/** Arguments that are one of a few words. */
const fixedArguments: Readonly<Record<string, readonly string[]>> = {
  list: ['repos', 'groups', 'tags', 'skills', 'models', 'runs'],
  schema: schemaNames,
  completion: Object.keys(shells),
  set: ['max_workers=', 'budget='],
};

const fixedValues: Readonly<Record<string, readonly string[]>> = {
  '--deliver': ['files', 'branch', 'pull-request', 'patch'],
};

function describe(command: Command, name: string): CompletedCommand {
  return {
    name,
    description: command.description(),
    words: fixedArguments[name] ?? [],
    takesFiles: name === 'report',
    options: command.options.flatMap(option => {
      const long = option.long;
      if (long === undefined || long === null) return [];
      const values = fixedValues[long];
      return [
        {
          long,
          ...(option.short ? {short: option.short} : {}),
          description: option.description,
          value:
            !option.required && !option.optional
              ? ('none' as const)
              : values === undefined
                ? ('file' as const)
                : values,
        },
      ];
    }),
  };
}
