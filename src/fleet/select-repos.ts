import picomatch from 'picomatch';
import type {Fleet, Repo} from '../domain/repo.ts';
import {expandPath, type PathPlaces} from '../util/expand-path.ts';
import {type JsonPath, quote} from '../util/jsonc-document.ts';
import {didYouMean} from '../util/nearest-name.ts';
import {matchesTags, namedTags, parseTagExpression} from './tag-expression.ts';
import {uniqueName} from './unique-name.ts';

/** The one way in which a task chooses its repos. No group `all` in the fleet: `all` is every active repo. */
export type Selector =
  | {readonly group: string}
  | {readonly tag: string}
  | {readonly repos: readonly string[]}
  | {readonly repo_names: readonly string[]}
  | {readonly select: string};

export interface SelectionOptions {
  readonly exclude: readonly string[];
  /** For paths in the selector and in `exclude`. */
  readonly places: PathPlaces;
  /** The repos an absolute glob matches. */
  readonly expandGlob: (pattern: string) => readonly string[];
  /** Resolves links, so that one folder under two paths is one repo; gives back a path that does not exist. */
  readonly realPath: (path: string) => string;
}

/** Relative to the selector: `['repos', 2]`; `offset` counts inside the text of an expression. */
interface SelectionFault {
  readonly path: JsonPath;
  readonly offset?: number;
  readonly message: string;
  readonly hint?: string;
  /** True when nothing is wrong but that no repo is left. */
  readonly empty?: boolean;
}

export interface Selection {
  readonly repos: readonly Repo[];
  readonly faults: readonly SelectionFault[];
  /** One line for each repo that is there under a second name. */
  readonly notes: readonly string[];
}

/** Each repo once: in fleet order, or as listed for `repos` and `repo_names`. Nothing selected is a fault. */
export function selectRepos(selector: Selector, fleet: Fleet, options: SelectionOptions): Selection {
  const faults: SelectionFault[] = [];
  const chosen = choose(selector, fleet, options, faults);
  const notes: string[] = [];
  const repos = withoutTwins(withoutExcluded([...new Set(chosen)], options), options, notes);
  if (repos.length === 0 && faults.length === 0) {
    const isExcluded = chosen.length > 0;
    const text = isExcluded ? {message: 'everything that is selected is excluded'} : describeNothing(selector, fleet);
    faults.push({path: [isExcluded ? 'exclude' : Object.keys(selector)[0]!], empty: true, ...text});
  }
  return {repos, faults, notes};
}

function describeNothing(selector: Selector, {groups}: Fleet): {message: string; hint?: string} {
  if ('select' in selector) return {message: 'no active repo has such tags'};
  if ('group' in selector && groups.get(selector.group)?.length === 0)
    return {message: `the group ${quote(selector.group)} names no repo`};
  return {message: 'selects no active repo', hint: 'inactive repos are selected by name or path only'};
}

/** One folder under two names of the fleet file is one repo: the first name is its. */
function withoutTwins(repos: readonly Repo[], {realPath}: SelectionOptions, notes: string[]): Repo[] {
  const nameAt = new Map<string, string>();
  return repos.filter(({name, path: folder}) => {
    if (folder === undefined) return true;
    const at = realPath(folder);
    const first = nameAt.get(at);
    if (first === undefined) nameAt.set(at, name);
    else
      notes.push(
        `the repos ${quote(first)} and ${quote(name)} are the same folder, so it runs once, as ${quote(first)}`,
      );
    return first === undefined;
  });
}

// A list of thousands of wrong names needs no thousands of guesses.
const maxHints = 20;

function choose(selector: Selector, fleet: Fleet, options: SelectionOptions, faults: SelectionFault[]): Repo[] {
  if ('group' in selector) return chooseGroup(selector.group, fleet, faults);
  if ('tag' in selector) return chooseTag(selector.tag, fleet, faults);
  if ('select' in selector) return chooseExpression(selector.select, fleet, faults);
  if ('repo_names' in selector) return chooseNames(selector.repo_names, fleet, faults);
  return choosePaths(selector.repos, fleet, options, faults);
}

function chooseGroup(group: string, fleet: Fleet, faults: SelectionFault[]): Repo[] {
  const active = fleet.repos.filter(repo => repo.active);
  const names = fleet.groups.get(group);
  if (names !== undefined) {
    const members = new Set(names);
    return active.filter(repo => members.has(repo.name));
  }
  if (group === 'all') return active;
  faults.push({
    path: ['group'],
    message: `no group ${quote(group)}`,
    ...hintOf(group, ['all', ...fleet.groups.keys()], 'groups are'),
  });
  return [];
}

function chooseTag(tag: string, fleet: Fleet, faults: SelectionFault[]): Repo[] {
  const known = tagsOf(fleet);
  if (!known.has(tag))
    faults.push({path: ['tag'], message: `no repo has the tag ${quote(tag)}`, ...hintOf(tag, known, 'tags are')});
  return fleet.repos.filter(repo => repo.active && repo.tags.includes(tag));
}

function chooseExpression(text: string, fleet: Fleet, faults: SelectionFault[]): Repo[] {
  const {expression, fault} = parseTagExpression(text);
  if (fault !== undefined) {
    faults.push({path: ['select'], ...fault});
    return [];
  }
  const known = tagsOf(fleet);
  for (const {tag, offset} of namedTags(expression)) {
    if (known.has(tag)) continue;
    faults.push({
      path: ['select'],
      offset,
      message: `no repo has the tag ${quote(tag)}`,
      ...hintOf(tag, known, 'tags are'),
    });
  }
  return fleet.repos.filter(repo => repo.active && matchesTags(expression, new Set(repo.tags)));
}

function chooseNames(names: readonly string[], fleet: Fleet, faults: SelectionFault[]): Repo[] {
  const byName = new Map(fleet.repos.map(repo => [repo.name, repo]));
  return names.flatMap((name, index) => {
    const repo = byName.get(name);
    if (repo !== undefined) return [repo];
    const guess = faults.length < maxHints ? hintOf(name, byName.keys(), 'repos are') : {};
    faults.push({path: ['repo_names', index], message: `no repo ${quote(name)}`, ...guess});
    return [];
  });
}

function choosePaths(
  written: readonly string[],
  fleet: Fleet,
  options: SelectionOptions,
  faults: SelectionFault[],
): Repo[] {
  const byPath = new Map<string, Repo>();
  for (const repo of fleet.repos) if (repo.path !== undefined) byPath.set(options.realPath(repo.path), repo);
  const taken = new Set(fleet.repos.map(repo => repo.name));
  const repoAt = (file: string): Repo => {
    const key = options.realPath(file);
    const known = byPath.get(key);
    if (known !== undefined) return known;
    const repo: Repo = {name: uniqueName(file, taken), path: file, tags: [], active: true};
    taken.add(repo.name);
    byPath.set(key, repo);
    return repo;
  };
  return written.flatMap((text, index) => {
    const expanded = expandPath(text, options.places);
    if (expanded.unset !== undefined) {
      faults.push({path: ['repos', index], message: `the environment variable ${expanded.unset} is not set`});
      return [];
    }
    if (!picomatch.scan(expanded.path).isGlob) return [repoAt(expanded.path)];
    const found = options.expandGlob(expanded.path);
    if (found.length === 0) faults.push({path: ['repos', index], message: `${quote(text)} matches no git repository`});
    return found.map(repoAt);
  });
}

function withoutExcluded(repos: readonly Repo[], {exclude, places}: SelectionOptions): Repo[] {
  if (exclude.length === 0) return [...repos];
  const tests = exclude.map(pattern => {
    const matchesName = picomatch(pattern, {basename: !pattern.includes('/'), dot: true});
    const absolute = expandPath(pattern, places).path;
    const matchesPath = absolute === undefined ? () => false : picomatch([absolute, `${absolute}/**`], {dot: true});
    // A plain word names a repo; only what looks like a path is one.
    const isPath = /^[~.$/]/.test(pattern);
    return (repo: Repo): boolean =>
      repo.name === pattern ||
      matchesName(repo.name) ||
      (isPath && repo.path !== undefined && (repo.path === absolute || matchesPath(repo.path)));
  });
  return repos.filter(repo => !tests.some(excludes => excludes(repo)));
}

function tagsOf(fleet: Fleet): Set<string> {
  return new Set(fleet.repos.flatMap(repo => repo.tags));
}

function hintOf(typed: string, names: Iterable<string>, lead: string): {hint?: string} {
  const known = [...names];
  const guess = didYouMean(typed, known);
  if (guess !== undefined) return {hint: guess};
  if (known.length === 0 || known.length > 12) return {};
  return {hint: `${lead} ${known.map(quote).join(', ')}`};
}
