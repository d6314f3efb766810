import type {ForgeHost} from '../domain/forge.ts';
import type {Repo} from '../domain/repo.ts';
import {expandPath, type PathPlaces} from '../util/expand-path.ts';
import {quote} from '../util/jsonc-document.ts';
import {findRepos, isDirectory} from './find-repos.ts';
import type {AddProblem} from './fleet-rules.ts';
import type {UsableFleet} from './fleet-schema.ts';
import {addFromForge, type ForgeListings} from './forge-listings.ts';
import {uniqueName} from './unique-name.ts';

/** What the sources of kind `github` and `gitlab` need. */
export interface ForgeAnswers {
  readonly forges: readonly ForgeHost[];
  /** Absent where nobody is asked. */
  readonly listings: ForgeListings | undefined;
  /** Gets what is worth telling. */
  readonly note: (text: string) => void;
}

/** The repos that are listed, then those found in the sources, by name. */
export function collectRepos(
  fleet: UsableFleet,
  places: PathPlaces,
  answers: ForgeAnswers,
  add: AddProblem,
): Map<string, Repo> {
  const repos = new Map<string, Repo>();
  addListed(repos, fleet, places, add);
  const nameByPath = new Map<string, string>();
  for (const repo of repos.values()) if (repo.path !== undefined) nameByPath.set(repo.path, repo.name);
  for (const [index, source] of (fleet.sources ?? []).entries()) {
    const {directory, github, gitlab, depth = 1, tags = []} = source;
    if ([directory, github, gitlab].filter(kind => kind !== undefined).length !== 1) continue;
    if (directory === undefined) {
      collectFromForge(repos, source, index, answers, add);
      continue;
    }
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

function collectFromForge(
  repos: Map<string, Repo>,
  {github, gitlab, forge: host, forks = false, tags = []}: NonNullable<UsableFleet['sources']>[number],
  index: number,
  {forges, listings, note}: ForgeAnswers,
  add: AddProblem,
): void {
  const kind = github === undefined ? 'gitlab' : 'github';
  const wanted = host?.toLowerCase() ?? `${kind}.com`;
  const forge = forges.find(one => one.host === wanted);
  if (forge === undefined || forge.kind !== kind) {
    const message = forge === undefined ? `no forge ${quote(wanted)}` : `the forge ${quote(wanted)} is no ${kind}`;
    add(['sources', index, 'forge'], message, 'list it under "forges"');
    return;
  }
  const listing = listings?.({forge, search: searchOf(github ?? gitlab ?? '', kind, forks)});
  if (listing === undefined) return;
  if ('fault' in listing) {
    add(['sources', index, kind], listing.fault, listing.hint);
    return;
  }
  if (listing.note !== undefined) note(listing.note);
  if (addFromForge(repos, listing.repos, {forge, forks, tags}) > 0) return;
  const why =
    listing.repos.length === 0
      ? `${forge.host} lists none that its token may see`
      : `all that ${forge.host} lists are archived or forks`;
  note(`the source ${quote(github ?? gitlab ?? '')} adds no repo: ${why}`);
}

/** A search of GitHub leaves forks out unless it is told otherwise; an organisation is listed with them. */
function searchOf(written: string, kind: 'github' | 'gitlab', forks: boolean): string {
  const words = written.trim().split(/\s+/);
  const isSearch = words.some(word => !word.startsWith('org:') && !word.startsWith('topic:'));
  const isSaid = words.some(word => word.startsWith('fork:'));
  return kind === 'github' && forks && isSearch && !isSaid ? `${written} fork:true` : written;
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
