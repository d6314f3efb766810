import path from 'node:path';
import type {Problem} from '../domain/problem.ts';
import type {Fleet, Repo} from '../domain/repo.ts';
import {checkDocument} from '../util/check-document.ts';
import {expandPath} from '../util/expand-path.ts';
import {formatPath, type JsoncDocument, type JsonPath, parseJsonc, quote} from '../util/jsonc-document.ts';
import {didYouMean} from '../util/nearest-name.ts';
import {readBoundedFile} from '../util/read-bounded-file.ts';
import {findRepos, isDirectory} from './find-repos.ts';
import {fleetSchema, type WrittenFleet, type WrittenRepository, type WrittenSource} from './fleet-schema.ts';
import {uniqueName} from './unique-name.ts';

export interface LoadedFleet {
  /** Whatever could be read; empty when the file is no fleet file at all. */
  readonly fleet: Fleet;
  readonly problems: readonly Problem[];
  /** Absent when the file could not be read. */
  readonly document?: JsoncDocument;
}

export interface FleetPlaces {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How messages call the file. Default: the path as given. */
  readonly label?: string;
}

const maxBytes = 32 * 1024 * 1024;

/** Reads a fleet file (absolute path) and looks for the repos of its sources. Never throws. */
export function loadFleet(file: string, places: FleetPlaces): LoadedFleet {
  const label = places.label ?? file;
  const read = readBoundedFile(file, maxBytes);
  if (read.fault !== undefined) {
    return {fleet: {file: label, repos: [], groups: new Map()}, problems: [{file: label, message: read.fault.message}]};
  }
  return parseFleet(read.text, label, {base: path.dirname(file), home: places.home, env: places.env});
}

function parseFleet(text: string, file: string, places: {base: string} & FleetPlaces): LoadedFleet {
  const document = parseJsonc(text);
  const {value, faults} = checkDocument(document, fleetSchema, keyNoun);
  const problems: Problem[] = faults.map(fault => ({file, ...fault}));
  const add: Add = (at, message, hint) => {
    if (problems.length >= 200) return;
    problems.push({file, ...document.locate(at), path: formatPath(at), message, ...(hint === undefined ? {} : {hint})});
  };
  const repos = new Map<string, Repo>();
  for (const [index, written] of (value?.repositories ?? []).entries())
    addListed(repos, written, ['repositories', index], places, add);
  addSources(repos, value?.sources ?? [], places, add);
  const groups = new Map(Object.entries(value?.groups ?? {}));
  checkGroups(value, repos, add);
  return {fleet: {file, repos: [...repos.values()], groups}, problems, document};
}

type Add = (at: JsonPath, message: string, hint?: string) => void;

function keyNoun(at: JsonPath): string {
  if (at.length === 0) return 'a key of a fleet file';
  return at[0] === 'sources' ? 'a key of a source' : 'a key of a repository';
}

function addListed(
  repos: Map<string, Repo>,
  written: WrittenRepository,
  at: JsonPath,
  places: {base: string} & FleetPlaces,
  add: Add,
): void {
  const {path: writtenPath, github, tags = [], active = true, ...rest} = written;
  if (writtenPath === undefined && written.url === undefined)
    add(at, '"path" or "url" is missing', 'give the folder on this machine, or where to clone from');
  if (repos.has(written.name)) {
    add([...at, 'name'], `two repositories are named ${quote(written.name)}`, 'give each its own name');
    return;
  }
  const expanded: {path?: string | undefined; unset?: string | undefined} =
    writtenPath === undefined ? {} : expandPath(writtenPath, places);
  if (expanded.unset !== undefined) add([...at, 'path'], `the environment variable ${expanded.unset} is not set`);
  repos.set(written.name, {
    ...rest,
    ...(expanded.path === undefined ? {} : {path: expanded.path}),
    ...(github === undefined || github === null ? {} : {github}),
    tags: [...new Set(tags)],
    active,
  });
}

function addSources(
  repos: Map<string, Repo>,
  sources: readonly WrittenSource[],
  places: {base: string} & FleetPlaces,
  add: Add,
): void {
  const nameByPath = new Map<string, string>();
  for (const repo of repos.values()) if (repo.path !== undefined) nameByPath.set(repo.path, repo.name);
  for (const [index, source] of sources.entries()) {
    const at = ['sources', index];
    const kinds = (['directory', 'github', 'gitlab'] as const).filter(kind => source[kind] !== undefined);
    if (kinds.length !== 1) {
      add(
        at,
        kinds.length === 0
          ? '"directory" is missing'
          : `a source is of one kind, found ${kinds.map(quote).join(' and ')}`,
      );
      continue;
    }
    if (source.directory === undefined) {
      add(
        [...at, kinds[0]!],
        `sources of kind "${kinds[0]}" are not supported by this version`,
        'clone the repos and use "directory", or list them under "repositories"',
      );
      continue;
    }
    const expanded = expandPath(source.directory, places);
    if (expanded.unset !== undefined) {
      add([...at, 'directory'], `the environment variable ${expanded.unset} is not set`);
    } else if (!isDirectory(expanded.path)) {
      add(
        [...at, 'directory'],
        `the folder ${quote(expanded.path)} does not exist`,
        'correct it, or remove the source',
      );
    } else {
      for (const found of findRepos(expanded.path, source.depth ?? 1))
        addFound(repos, nameByPath, found, source.tags ?? []);
    }
  }
}

function addFound(
  repos: Map<string, Repo>,
  nameByPath: Map<string, string>,
  found: string,
  tags: readonly string[],
): void {
  const known = repos.get(nameByPath.get(found) ?? '');
  const name = known?.name ?? uniqueName(found, repos);
  nameByPath.set(found, name);
  repos.set(
    name,
    known === undefined
      ? {name, path: found, tags: [...new Set(tags)], active: true}
      : {...known, tags: [...new Set([...known.tags, ...tags])]},
  );
}

function checkGroups(fleet: WrittenFleet | undefined, repos: ReadonlyMap<string, Repo>, add: Add): void {
  let reported = 0;
  for (const [group, names] of Object.entries(fleet?.groups ?? {})) {
    for (const [index, name] of names.entries()) {
      if (repos.has(name) || reported++ >= 50) continue;
      add(['groups', group, index], `no repo ${quote(name)}`, didYouMean(name, repos.keys()));
    }
  }
}
