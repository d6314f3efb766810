import {readFileSync} from 'node:fs';
import path from 'node:path';
import {OrchestratorError} from '../domain/errors.ts';
import {escapeLine} from '../util/escape-text.ts';
import {type Io, stateDirOf} from './io.ts';

/**
 * Variables of a file with one NAME=value a line. The value is all that follows, as it is, but for quotes around the whole of
 * it; `export` before the name and lines that begin with # are left out.
 *
 * @throws OrchestratorError that names the line, without its value.
 */
export function readEnvFile(file: string): Record<string, string> {
  const lines = readText(file).split(/\r?\n/);
  return Object.fromEntries(
    lines.flatMap((line, index) => {
      const text = line.trim();
      if (text === '' || text.startsWith('#')) return [];
      const match = /^(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(text);
      if (match === null) {
        throw new OrchestratorError('bad-env-file', `${escapeLine(file)}:${index + 1} — expected NAME=value`, {
          hint: 'one variable a line; lines that begin with # are comments',
        });
      }
      return [[match[1]!, withoutQuotes(match[2]!)]];
    }),
  );
}

/** As if the variables of the file had been set before the program was started; they win over those that were, and flags over them. */
export function withEnvFile(io: Io, written: string, typedQueue: string | undefined): Io {
  const values = readEnvFile(path.resolve(io.cwd, written));
  // Libraries look there, such as the one of PostgreSQL for PGPASSWORD.
  Object.assign(process.env, values);
  const env = {...io.env, ...values};
  const {ORCHESTRATOR_QUEUE: queue, ORCHESTRATOR_HOME: home} = values;
  return {
    ...io,
    env,
    ...(queue && typedQueue === undefined ? {queue} : {}),
    ...(home ? {stateDir: stateDirOf(env, io.home)} : {}),
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    throw new OrchestratorError('bad-env-file', `--env-file — ${escapeLine(file)} cannot be read (${code})`, {
      cause: error,
    });
  }
}

function withoutQuotes(value: string): string {
  return /^(["']).*\1$/s.test(value) && value.length > 1 ? value.slice(1, -1) : value;
}
