import type {Repo} from '../domain/repo.ts';
import {type JsonPath, quote} from '../util/jsonc-document.ts';
import {entriesOf} from '../util/keep-valid.ts';
import {didYouMean} from '../util/nearest-name.ts';
import type {UsableFleet} from './fleet-schema.ts';

/** Reports what is wrong at a place of the fleet file. */
export type AddProblem = (at: JsonPath, message: string, hint?: string) => void;

// A file of thousands of wrong names needs no thousands of guesses.
const maxGuesses = 20;

/** A repository stands somewhere, and a source is of exactly one kind. Looks at the raw value, which may be wrong elsewhere. */
export function checkPlaces(root: unknown, add: AddProblem): void {
  const {repositories, sources} = (root ?? {}) as {repositories?: unknown; sources?: unknown};
  for (const [index, repository] of entriesOf(repositories).entries()) {
    if (!isObject(repository) || Object.hasOwn(repository, 'path') || Object.hasOwn(repository, 'url')) continue;
    const hint = 'give the folder on this machine, or where to clone from';
    add(['repositories', index], '"path" or "url" is missing', hint);
  }
  for (const [index, source] of entriesOf(sources).entries()) {
    if (!isObject(source)) continue;
    const kinds = ['directory', 'github', 'gitlab'].filter(kind => Object.hasOwn(source, kind));
    const at = ['sources', index];
    if (kinds.length === 0) {
      add(at, 'one of "directory", "github" and "gitlab" is missing');
    } else if (kinds.length > 1) {
      add(at, `a source is of one kind, found ${kinds.map(quote).join(' and ')}`, 'keep one of them');
    } else {
      const foreign = kinds[0] === 'directory' ? ['forge', 'forks'] : ['depth'];
      for (const key of foreign.filter(key => Object.hasOwn(source, key)))
        add([...at, key], `${quote(key)} says nothing about a source of kind ${quote(kinds[0]!)}`, 'leave it out');
    }
  }
}

export function checkGroups(fleet: UsableFleet, repos: ReadonlyMap<string, Repo>, add: AddProblem): void {
  let guesses = 0;
  for (const [group, names] of Object.entries(fleet.groups ?? {})) {
    for (const [index, name] of names.entries()) {
      if (repos.has(name)) continue;
      const guess = guesses++ < maxGuesses ? didYouMean(name, repos.keys()) : undefined;
      add(['groups', group, index], `no repo ${quote(name)}`, guess);
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
