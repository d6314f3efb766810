import {ConfigurationError} from '../domain/errors.ts';
import type {Io} from './io.ts';
import {openPlaces} from './places.ts';

/** What the page shows of the files of the operator, from the places where every command looks. */
export function openOperator(io: Io) {
  return {
    tags: () => new Map(readRepos(io).map(({name, tags}) => [name, tags])),
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
