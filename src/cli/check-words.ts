import {existsSync} from 'node:fs';
import path from 'node:path';
import type {Command} from 'commander';
import {OrchestratorError} from '../domain/errors.ts';
import {didYouMean} from '../util/nearest-name.ts';

/** Refuses what a command line parser lets pass and nobody means: a word too much, an option without its value. */
export function checkWords(action: Command, cwd: string): void {
  refuseMissing(action);
  refuseExtra(action, cwd);
}

/** Without the word the command could do something else: work on the whole fleet. */
function refuseExtra(action: Command, cwd: string): void {
  const extra = action.args[action.registeredArguments.length];
  const isVariadic = action.registeredArguments.some(argument => argument.variadic);
  if (extra === undefined || isVariadic) return;
  const isTop = action.parent === null;
  const known = action.commands.map(command => command.name());
  const name = nameOf(action);
  const hint =
    hintForWord(extra, action, cwd) ?? (isTop ? didYouMean(extra, known) : undefined) ?? `see: ${name} --help`;
  throw isTop
    ? new OrchestratorError('unknown-command', `no command "${extra}"`, {hint})
    : new OrchestratorError('extra-argument', `"${extra}" is more than ${name} takes`, {hint});
}

function hintForWord(word: string, action: Command, cwd: string): string | undefined {
  const takes = (long: string): boolean => action.options.some(option => option.long === long);
  if (takes('--config') && /\.jsonc?$/.test(word)) return `did you mean -c ${word}?`;
  const option = ['--repos', '--directory'].find(takes);
  const isPath = /^[.~/]|\/|[*?]/.test(word) || existsSync(path.resolve(cwd, word));
  return option !== undefined && isPath ? `did you mean ${option} ${word}?` : undefined;
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function refuseMissing(action: Command): void {
  for (const option of action.options) {
    const name = option.attributeName();
    if (action.getOptionValueSource(name) !== 'cli' || option.isBoolean()) continue;
    const value: unknown = action.getOptionValue(name);
    for (const word of Array.isArray(value) ? value : [value]) {
      const refuse = (what: string): never => {
        throw new OrchestratorError('bad-flag', `${option.long} — ${what}`, {hint: `see: ${nameOf(action)} --help`});
      };
      // An empty path is the folder that one stands in.
      if (word === '') refuse('expected a value, found nothing in quotes');
      if (typeof word === 'string' && action.options.some(({long, short}) => word === long || word === short))
        refuse(`expected a value before ${word}`);
    }
  }
}
