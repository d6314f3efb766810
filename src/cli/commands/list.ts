import {existsSync} from 'node:fs';
import {OrchestratorError} from '../../domain/errors.ts';
import type {Fleet} from '../../domain/repo.ts';
import type {Skill} from '../../domain/skill.ts';
import {fallbackOutput} from '../../modes/output-path.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {shortenPath} from '../../util/expand-path.ts';
import {formatLimit} from '../../util/format-usd.ts';
import {didYouMean} from '../../util/nearest-name.ts';
import {quoteText} from '../../util/quote-text.ts';
import {withoutPassword} from '../../util/show-address.ts';
import {withForgeSources} from '../ask-forges.ts';
import type {Io} from '../io.ts';
import {openPlaces, type PlaceOptions, type Places} from '../places.ts';
import {type Column, renderTable} from '../table.ts';

export interface ListOptions extends PlaceOptions {
  readonly json?: true;
}

/** What a list shows: a table for people, objects for programs, and what to say when it is empty. */
interface Listing {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  readonly json: readonly unknown[];
  readonly whenEmpty: string;
}

const listings: Readonly<Record<string, (io: Io, places: Places) => Listing | Promise<Listing>>> = {
  repos: listRepos,
  groups: listGroups,
  tags: listTags,
  skills: listSkills,
  models: listModels,
};

/** Prints repos, groups, tags, skills, models or runs. */
export async function list(io: Io, what: string, options: ListOptions): Promise<number> {
  if (what === 'runs')
    return await (await import('./history.ts')).history(io, undefined, options.json ? {json: true} : {});
  const kinds = [...Object.keys(listings), 'runs'];
  const listing = Object.hasOwn(listings, what) ? listings[what] : undefined;
  if (listing === undefined) {
    throw new OrchestratorError('unknown-list', `cannot list ${quoteText(what)}`, {
      hint: didYouMean(what, kinds) ?? `lists are ${kinds.join(', ')}`,
    });
  }
  const isOfFleet = listing === listRepos || listing === listGroups || listing === listTags;
  const places = await withForgeSources(io, true, probing => {
    const opened = openPlaces(probing, options);
    if (isOfFleet) opened.fleet();
    return opened;
  });
  const {columns, rows, json, whenEmpty} = await listing(io, places);
  if (isOfFleet) for (const note of places.fleet()?.notes ?? []) io.err(`${escapeLine(note)}\n`);
  if (options.json) io.out(`${JSON.stringify(json, undefined, 2)}\n`);
  else if (rows.length === 0) io.err(`${whenEmpty}\n`);
  else io.out(renderTable(columns, rows, io.outIsTerminal ? {columns: io.size().columns} : {}));
  return 0;
}

const noFleet: Fleet = {repos: [], groups: new Map()};
const emptyFleet = 'there are no repos; find them with: orchestrator init';

function listRepos(io: Io, places: Places): Listing {
  const {repos} = places.fleet() ?? noFleet;
  const found = repos.map(({url, github, ...repo}) => ({
    ...repo,
    ...(url === undefined ? {} : {url: withoutPassword(url)}),
    ...(github === undefined ? {} : {github: withoutPassword(github)}),
    exists: repo.path === undefined ? undefined : existsSync(repo.path),
  }));
  return {
    columns: [
      {title: 'NAME', whole: true},
      {title: 'ACTIVE', whole: true},
      {title: 'PATH'},
      {title: 'TAGS'},
      {title: 'DESCRIPTION'},
    ],
    rows: found.map(repo => [
      repo.name,
      repo.active ? 'yes' : 'no',
      repo.path === undefined ? (repo.url ?? '') : `${shortenPath(repo.path, io)}${repo.exists ? '' : ' (missing)'}`,
      repo.tags.join(' '),
      repo.description ?? '',
    ]),
    json: found.map(({name, path, url, github, branch, description, tags, active, exists}) => ({
      name,
      path: path ?? null,
      exists: exists ?? null,
      url: url ?? null,
      github: github ?? null,
      branch: branch ?? null,
      description: description ?? null,
      tags,
      active,
    })),
    whenEmpty: emptyFleet,
  };
}

function listGroups(_io: Io, places: Places): Listing {
  const {repos, groups} = places.fleet() ?? noFleet;
  const all = new Map(
    groups.has('all') || repos.length === 0 ? [] : [['all', repos.filter(repo => repo.active).map(repo => repo.name)]],
  );
  const shown = [...all, ...groups];
  return {
    columns: [{title: 'GROUP', whole: true}, {title: 'REPOS', align: 'right'}, {title: 'NAMES'}],
    rows: shown.map(([name, names]) => [
      name,
      String(names.length),
      all.has(name) ? 'every active repo' : names.join(' '),
    ]),
    json: shown.map(([name, names]) => ({name, repos: names})),
    whenEmpty: emptyFleet,
  };
}

function listTags(_io: Io, places: Places): Listing {
  const byTag = new Map<string, string[]>();
  for (const repo of (places.fleet() ?? noFleet).repos) {
    for (const tag of repo.tags) byTag.set(tag, [...(byTag.get(tag) ?? []), repo.name]);
  }
  const tags = [...byTag].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    columns: [{title: 'TAG', whole: true}, {title: 'REPOS', align: 'right'}, {title: 'NAMES'}],
    rows: tags.map(([tag, names]) => [tag, String(names.length), names.join(' ')]),
    json: tags.map(([name, repos]) => ({name, repos})),
    whenEmpty: 'no repo has a tag; give "tags" in the fleet file',
  };
}

function listSkills(io: Io, places: Places): Listing {
  const library = places.skills();
  const skills = library.list().map(listed => ({...listed, skill: library.load(listed.name).skill}));
  return {
    columns: [{title: 'SKILL', whole: true}, {title: 'WRITES'}, {title: 'FROM'}, {title: 'DESCRIPTION'}],
    rows: skills.map(({name, directory, source, description, problem, skill}) => [
      name,
      skill === undefined ? '' : outputOf(skill),
      source === 'shipped' ? 'shipped' : shortenPath(directory, io),
      problem === undefined ? (description ?? '') : `BROKEN: ${problem}`,
    ]),
    json: skills.map(({name, directory, source, description, problem, skill}) => ({
      name,
      output: skill === undefined ? null : outputOf(skill),
      mode: skill?.mode ?? null,
      source,
      directory,
      description: description ?? null,
      problem: problem ?? null,
    })),
    whenEmpty: 'there are no skills',
  };
}

function outputOf(skill: Pick<Skill, 'name' | 'output' | 'outputs'>): string {
  return skill.outputs.length > 0 ? skill.outputs.join(' ') : (skill.output ?? fallbackOutput(skill));
}

async function listModels(io: Io, places: Places): Promise<Listing> {
  const {openModels} = await import('../../orchestrator/open-models.ts');
  const models = await openModels(io.env, places.models());
  const listed = await models.list();
  const isDefault = (id: string): boolean => id === models.defaultModel;
  const usd = (value: number | undefined): string => (value === undefined ? 'unknown' : formatLimit(value));
  return {
    columns: [
      {title: 'MODEL', whole: true},
      {title: 'PROVIDER'},
      {title: 'KEY'},
      {title: 'USD/M IN', align: 'right'},
      {title: 'USD/M OUT', align: 'right'},
      {title: 'DEFAULT'},
    ],
    rows: listed.map(({id, provider, keyPresent, price}) => [
      id,
      provider,
      id === 'offline' ? 'not needed' : keyPresent ? 'set' : 'not set',
      usd(price?.inputPerMillion),
      usd(price?.outputPerMillion),
      isDefault(id) ? 'default' : '',
    ]),
    json: listed.map(({id, provider, keyPresent, price}) => ({
      id,
      provider,
      key_set: keyPresent,
      default: isDefault(id),
      input_usd_per_million: price?.inputPerMillion ?? null,
      output_usd_per_million: price?.outputPerMillion ?? null,
    })),
    whenEmpty: 'there are no models',
  };
}
