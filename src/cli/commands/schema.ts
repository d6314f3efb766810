import {readFileSync} from 'node:fs';
import {OrchestratorError} from '../../domain/errors.ts';
import {didYouMean} from '../../util/nearest-name.ts';
import {quoteText} from '../../util/quote-text.ts';
import type {Io} from '../io.ts';

export const schemaNames = ['tasks', 'repos', 'models', 'results'] as const;

/** Prints a JSON Schema as it is published; without a name, the names. */
export async function schema(io: Io, name: string | undefined): Promise<number> {
  if (name === undefined) {
    io.out(`${schemaNames.join('\n')}\n`);
    return 0;
  }
  if (!(schemaNames as readonly string[]).includes(name)) {
    throw new OrchestratorError('unknown-schema', `no schema ${quoteText(name)}`, {
      hint: didYouMean(name, schemaNames) ?? `schemas are ${schemaNames.join(', ')}`,
    });
  }
  io.out(readFileSync(new URL(`../../../schema/${name}.schema.json`, import.meta.url), 'utf8'));
  return 0;
}
