import {ConfigurationError} from '../domain/errors.ts';
import type {JobRecord, RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {ShownPrompt} from '../run/show-prompt.ts';
import type {Io} from './io.ts';
import {openPlaces} from './places.ts';

/** What the page shows of the files of the operator, from the places where every command looks. */
export function openOperator(io: Io, ledger: Ledger) {
  const {stateDir, env, queue} = io;
  return {
    tags: () => new Map(readRepos(io).map(({name, tags}) => [name, tags])),
    async prompt(run: RunRecord, record: JobRecord): Promise<ShownPrompt> {
      const {readPrompt} = await import('../orchestrator/read-prompt.ts');
      return await readPrompt(run, record, {ledger, stateDir, env, ...(queue === undefined ? {} : {queue})});
    },
  };
}

function readRepos(io: Io): readonly {readonly name: string; readonly tags: readonly string[]}[] {
  try {
    return openPlaces(io, {}).fleet()?.repos ?? [];
  } catch (error) {
    // The settings page and doctor say what is wrong with it; here it only means that nothing is known.
    if (error instanceof ConfigurationError) return [];
    throw error;
  }
}
