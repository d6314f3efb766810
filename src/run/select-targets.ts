import path from 'node:path';
import {findFleetFile} from '../config/find-files.ts';
import type {Settings} from '../config/settings.ts';
import type {PartialTask} from '../config/task-schema.ts';
import type {Problem} from '../domain/problem.ts';
import type {Fleet, Repo} from '../domain/repo.ts';
import {expandRepoGlob} from '../fleet/find-repos.ts';
import {type Selection, type Selector, selectRepos} from '../fleet/select-repos.ts';
import {shortenPath} from '../util/expand-path.ts';
import type {JsonPath} from '../util/jsonc-document.ts';
import type {ConfigurationSource} from './configuration-source.ts';
import type {RunConfigurationSources} from './load-run-configuration.ts';
import {type OpenedFleet, openFleet} from './open-fleet.ts';
import {findTargetTrees, isInside, realPath, type TargetTrees} from './target-trees.ts';

export interface TargetNeeds {
  readonly base: ConfigurationSource;
  readonly settings: Settings;
  readonly sources: RunConfigurationSources;
}

export interface Targets {
  readonly fleet: OpenedFleet;
  /** By position of the task. */
  readonly repos: ReadonlyMap<number, readonly Repo[]>;
  readonly trees: TargetTrees;
  /** What is wrong with the selection of each task; the problems of the fleet file are `fleet.problems`. */
  readonly problems: ReadonlyMap<number, readonly Problem[]>;
  readonly notes: readonly string[];
}

/** Which repos the enabled tasks mean, by a fleet file that is the operator's word. */
export function selectTargets(needs: TargetNeeds): Targets {
  const {settings, sources} = needs;
  const file = settings.fleetFile ?? findFleetFile(sources);
  if (settings.fleetFile !== undefined || file === undefined) return selectFrom(needs, file);
  const holder = holderOf(file, needs);
  if (holder === undefined) return selectFrom(needs, file);
  const label = shortenPath(file, sources);
  const refusal = `${label} lies inside the repo ${JSON.stringify(holder)}, which this run works on, so it is not used; if it is yours: --fleet ${label}`;
  const next = findFleetFile(sources, candidate => candidate !== file);
  const targets = selectFrom(needs, next, refusal);
  return {...targets, notes: [refusal, ...targets.notes]};
}

/**
 * The repo that would bring its own fleet file. Repos by path are known without a fleet; else the file itself is looked at, and no forge
 * is asked for it. A configuration that was named and lies in the same tree speaks for it.
 */
function holderOf(file: string, needs: TargetNeeds): string | undefined {
  const {sources} = needs;
  if (findTargetTrees([{name: '', path: path.dirname(file)}], sources.cwd).holding(file) === undefined)
    return undefined;
  const byPath = select(needs, {repos: [], groups: new Map()});
  const looked = openFleet({fleetFile: file}, {...sources, listings: undefined});
  const byFleet = select(needs, looked.fleet);
  const held = findTargetTrees([...byPath.values(), ...byFleet.values()].flat(), sources.cwd).holding(file);
  if (held === undefined) return undefined;
  const {configFile} = sources;
  return configFile !== undefined && isInside(realPath(path.resolve(sources.cwd, configFile)), held.tree)
    ? undefined
    : held.repo;
}

function selectFrom(needs: TargetNeeds, file: string | undefined, refusal?: string): Targets {
  const {base, settings, sources} = needs;
  const fleet = openFleet(file === undefined ? {} : {fleetFile: file}, sources, problem =>
    settings.fleetFile === undefined ? problem : base.fleetProblem(problem),
  );
  const problems = new Map<number, readonly Problem[]>();
  const notes: string[] = [];
  const repos = select(needs, fleet.fleet, (index, key, selection) => {
    const missing = key === 'repos' ? undefined : fleet.missing();
    notes.push(...selection.notes);
    if (missing === undefined) problems.set(index, problemsOf(selection, index, base, fleet));
    else if (missing.file !== undefined) problems.set(index, [missing]);
    else {
      const hint = refusal ?? missing.hint;
      problems.set(index, [base.problemAt(['tasks', index, key], {...missing, ...(hint === undefined ? {} : {hint})})]);
    }
  });
  return {fleet, repos, trees: findTargetTrees([...repos.values()].flat(), sources.cwd), problems, notes};
}

function problemsOf({faults}: Selection, index: number, base: ConfigurationSource, fleet: OpenedFleet): Problem[] {
  // Nothing of the fleet could be read, or the missing repos are those that it has wrong: that is said already.
  const isSaid = fleet.problems.length > 0;
  const isUnreadable = isSaid && fleet.fleet.repos.length === 0;
  return faults.flatMap(({path: at, offset, empty, ...text}) =>
    (empty && isSaid) || (isUnreadable && at[0] !== 'repos')
      ? []
      : [base.problemAt(placeOf(at, index, base), text, offset)],
  );
}

/** Repos are left out by a task or by the settings. */
function placeOf(at: JsonPath, index: number, {written}: ConfigurationSource): JsonPath {
  const isOfSettings = at[0] === 'exclude' && written.tasks[index]?.exclude === undefined;
  return isOfSettings && written.settings?.exclude !== undefined ? ['settings', ...at] : ['tasks', index, ...at];
}

function select(
  {base, settings, sources}: TargetNeeds,
  fleet: Fleet,
  tell: (index: number, key: string, selection: Selection) => void = () => {},
): ReadonlyMap<number, readonly Repo[]> {
  const places = {base: base.directory, home: sources.home, env: sources.env};
  const found = new Map<number, readonly Repo[]>();
  for (const [index, task] of base.written.tasks.entries()) {
    const selector = selectorOf(task);
    if (task.enabled === false || selector === undefined) continue;
    const exclude = [...(task.exclude ?? []), ...settings.exclude];
    const selection = selectRepos(selector, fleet, {exclude, places, expandGlob: expandRepoGlob, realPath});
    found.set(index, selection.repos);
    tell(index, Object.keys(selector)[0]!, selection);
  }
  return found;
}

function selectorOf(task: PartialTask): Selector | undefined {
  if (task.repos !== undefined) return {repos: task.repos};
  if (task.repo_names !== undefined) return {repo_names: task.repo_names};
  if (task.tag !== undefined) return {tag: task.tag};
  if (task.select !== undefined) return {select: task.select};
  return task.group === undefined ? undefined : {group: task.group};
}
