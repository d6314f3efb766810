import type {Repo} from '../domain/repo.ts';
import {expandPath, type PathPlaces} from '../util/expand-path.ts';
import {quote} from '../util/jsonc-document.ts';
import {findRepos, isDirectory} from './find-repos.ts';
import type {AddProblem} from './fleet-rules.ts';
import type {UsableFleet} from './fleet-schema.ts';
import {uniqueName} from './unique-name.ts';

/** The repos that are listed, then those found in the sources, by name. */
export function collectRepos(fleet: UsableFleet, places: PathPlaces, add: AddProblem): Map<string, Repo> {
  const repos = new Map<string, Repo>();
  addListed(repos, fleet, places, add);
  const nameByPath = new Map<string, string>();
  for (const repo of repos.values()) if (repo.path !== undefined) nameByPath.set(repo.path, repo.name);
  for (const [index, {directory, github, gitlab, depth = 1, tags = []}] of (fleet.sources ?? []).entries()) {
    if (directory === undefined || github !== undefined || gitlab !== undefined) continue;
    const expanded = expandPath(directory, places);
    const at = ['sources', index, 'directory'];
    if (expanded.unset !== undefined) {
      add(at, `the environment variable ${expanded.unset} is not set`);
    } else if (!isDirectory(expanded.path)) {
      add(at, `the folder ${quote(expanded.path)} does not exist`, 'correct it, or remove the source');
    } else {
      for (const found of findRepos(expanded.path, depth)) addFound(repos, nameByPath, found, tags);
    }
  }
  return repos;
}

function addListed(repos: Map<string, Repo>, fleet: UsableFleet, places: PathPlaces, add: AddProblem): void {
  for (const [index, written] of (fleet.repositories ?? []).entries()) {
    const {name, path: writtenPath, github, tags = [], active = true, ...rest} = written;
    if (name === undefined) continue;
    const at = ['repositories', index];
    if (repos.has(name)) {
      add([...at, 'name'], `two repositories are named ${quote(name)}`, 'give each its own name');
      continue;
    }
    const expanded = writtenPath === undefined ? undefined : expandPath(writtenPath, places);
    if (expanded?.unset !== undefined) add([...at, 'path'], `the environment variable ${expanded.unset} is not set`);
    repos.set(name, {
      ...rest,
      name,
      ...(expanded?.path === undefined ? {} : {path: expanded.path}),
      ...(github === undefined || github === null ? {} : {github}),
      tags: [...new Set(tags)],
      active,
    });
  }
}

function addFound(
  repos: Map<string, Repo>,
  nameByPath: Map<string, string>,
  found: string,
  tags: readonly string[],
): void {
  const known = repos.get(nameByPath.get(found) ?? '');
  if (known !== undefined) {
    repos.set(known.name, {...known, tags: [...new Set([...known.tags, ...tags])]});
    return;
  }
  const name = uniqueName(found, repos);
  nameByPath.set(found, name);
  repos.set(name, {name, path: found, tags: [...new Set(tags)], active: true});
}
