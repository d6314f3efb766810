import path from 'node:path';
import type {Problem} from '../domain/problem.ts';
import type {Fleet} from '../domain/repo.ts';
import {checkDocument} from '../util/check-document.ts';
import {formatPath, type JsoncDocument, type JsonPath, parseJsonc} from '../util/jsonc-document.ts';
import {entriesOf, keepValid} from '../util/keep-valid.ts';
import {readBoundedFile} from '../util/read-bounded-file.ts';
import {collectRepos} from './collect-repos.ts';
import {checkGroups, checkPlaces} from './fleet-rules.ts';
import {fleetSchema, forgeSchema, repositorySchema, sourceSchema, type UsableFleet} from './fleet-schema.ts';
import type {ForgeListings} from './forge-listings.ts';
import {readForges} from './read-forges.ts';

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
  /** Answers to the sources of kind `github` and `gitlab`; without them those sources give nothing. */
  readonly listings?: ForgeListings | undefined;
}

const maxBytes = 32 * 1024 * 1024;
const maxProblems = 200;

/** Reads a fleet file (absolute path) and looks for the repos of its sources. Never throws. */
export function loadFleet(file: string, places: FleetPlaces): LoadedFleet {
  const label = places.label ?? file;
  const read = readBoundedFile(file, maxBytes);
  if (read.fault !== undefined) {
    return {fleet: {file: label, repos: [], groups: new Map()}, problems: [{file: label, message: read.fault.message}]};
  }
  return parseFleet(read.text, label, {...places, base: path.dirname(file)});
}

function parseFleet(text: string, file: string, places: {base: string} & FleetPlaces): LoadedFleet {
  const document = parseJsonc(text);
  const {value, faults} = checkDocument(document, fleetSchema, keyNoun);
  const problems: Problem[] = faults.map(fault => ({file, ...fault}));
  const add = (at: JsonPath, message: string, hint?: string): void => {
    if (problems.length >= maxProblems) return;
    problems.push({
      file,
      ...document.locate(at),
      path: formatPath(at),
      message,
      ...(hint === undefined ? {} : {hint}),
    });
  };
  const usable = value ?? usableParts(document.value);
  checkPlaces(document.value, add);
  const forges = readForges(usable, add);
  const notes: string[] = [];
  const answers = {forges, listings: places.listings, note: (note: string) => void notes.push(note)};
  const repos = collectRepos(usable, places, answers, add);
  checkGroups(usable, repos, add);
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  const groups = new Map(Object.entries(usable.groups ?? {}));
  return {fleet: {file, repos: [...repos.values()], groups, forges, notes}, problems, document};
}

function keyNoun(at: JsonPath): string {
  if (at.length === 0) return 'a key of a fleet file';
  if (at[0] === 'forges') return 'a key of a forge';
  return at[0] === 'sources' ? 'a key of a source' : 'a key of a repository';
}

function usableParts(root: unknown): UsableFleet {
  const raw = (root ?? {}) as {repositories?: unknown; sources?: unknown; forges?: unknown};
  return {
    ...keepValid(fleetSchema, {...raw, repositories: [], sources: [], forges: []}),
    repositories: entriesOf(raw.repositories).map(entry => keepValid(repositorySchema, entry)),
    forges: entriesOf(raw.forges).map(entry => forgeSchema.safeParse(entry).data ?? {}),
    // A source that is wrong is not half looked at.
    sources: entriesOf(raw.sources).map(entry => sourceSchema.safeParse(entry).data ?? {}),
  };
}
