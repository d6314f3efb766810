import {existsSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {formatProblem} from '../domain/problem.ts';
import type {Skill} from '../domain/skill.ts';
import {shortenPath} from '../util/expand-path.ts';
import {didYouMean} from '../util/nearest-name.ts';
import {loadSkill} from './load-skill.ts';

export interface SkillPlaces {
  /** Working directory: the operator's own, never a target repo. */
  readonly cwd: string;
  readonly home: string;
  /** `settings.skills`, then `--skills-dir`: folders of skills, or folders of single skills. Absolute. */
  readonly extraDirs: readonly string[];
  /** The folder of skills in the package. */
  readonly shippedDir: string;
  /** The repo that a run works on and that holds the place: no skills are taken from there unless they were named. */
  readonly repoHolding?: (place: string) => string | undefined;
}

interface ListedSkill {
  readonly name: string;
  readonly directory: string;
  readonly source: Skill['source'];
  readonly description?: string;
  /** Why it cannot be used. */
  readonly problem?: string;
}

type NamedSkill =
  | {readonly skill: Skill; readonly problem?: undefined}
  | {readonly problem: {readonly message: string; readonly hint?: string}; readonly skill?: undefined};

/** The operator's skills by name. The first folder of the search order wins, also when its skill is broken. */
export interface SkillLibrary {
  names(): string[];
  /** Every skill, the broken ones with their problem; by name. */
  list(): ListedSkill[];
  load(name: string): NamedSkill;
  /** One line for each folder that is passed over because it lies in a target repo. */
  readonly refusals: readonly string[];
}

export function openSkillLibrary(places: SkillPlaces): SkillLibrary {
  const refused = new Map<string, string>();
  const found = findSkills(places, refused);
  const loaded = new Map<string, NamedSkill>();
  const load = (name: string): NamedSkill => {
    let result = loaded.get(name);
    if (result === undefined) {
      result = loadNamed(name, found, places, refused);
      loaded.set(name, result);
    }
    return result;
  };
  const names = (): string[] => [...found.keys()].sort();
  return {
    names,
    load,
    refusals: [...refused].map(([directory, repo]) => refusal(directory, repo, places)),
    list: () =>
      names().map(name => {
        const {skill, problem} = load(name);
        const place = found.get(name)!;
        return {
          name,
          ...place,
          ...(skill === undefined ? {problem: problem.message} : {description: skill.description}),
        };
      }),
  };
}

type FoundSkill = Pick<ListedSkill, 'directory' | 'source'>;

function findSkills(places: SkillPlaces, refused: Map<string, string>): Map<string, FoundSkill> {
  const {cwd, home, extraDirs, shippedDir, repoHolding = () => undefined} = places;
  const found = new Map<string, FoundSkill>();
  const add = (directory: string, source: Skill['source']): void => {
    const name = path.basename(directory);
    if (!found.has(name)) found.set(name, {directory, source});
  };
  const isShipped = (directory: string): boolean => path.resolve(directory) === path.resolve(shippedDir);
  const here = ['skills', '.agents/skills', '.claude/skills'].map(name => path.join(cwd, name));
  for (const directory of here) {
    const repo = isShipped(directory) || skillFoldersIn(directory).length === 0 ? undefined : repoHolding(directory);
    if (repo !== undefined) refused.set(directory, repo);
  }
  const operatorDirs = [
    ...extraDirs,
    ...here.filter(directory => !refused.has(directory)),
    ...['.agents/skills', '.claude/skills'].map(name => path.join(home, name)),
  ];
  for (const directory of operatorDirs) {
    if (isShipped(directory)) continue;
    if (existsSync(path.join(directory, 'SKILL.md'))) add(directory, 'operator');
    else for (const child of skillFoldersIn(directory)) add(child, 'operator');
  }
  for (const child of skillFoldersIn(shippedDir)) add(child, 'shipped');
  return found;
}

function skillFoldersIn(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    // Most of the places that are searched do not exist.
    return [];
  }
  return names
    .sort()
    .map(name => path.join(directory, name))
    .filter(child => existsSync(path.join(child, 'SKILL.md')));
}

function refusal(directory: string, repo: string, places: SkillPlaces): string {
  const name = shortenPath(directory, places);
  return `the skills in ${name} lie inside the repo ${JSON.stringify(repo)}, which this run works on, so they are not used; if they are yours: --skills-dir ${name}, or "skills" in the settings`;
}

function loadNamed(
  name: string,
  found: ReadonlyMap<string, FoundSkill>,
  places: SkillPlaces,
  refused: ReadonlyMap<string, string>,
): NamedSkill {
  const place = found.get(name);
  if (place === undefined) {
    const holder = [...refused].find(([directory]) => existsSync(path.join(directory, name, 'SKILL.md')));
    if (holder !== undefined)
      return {problem: {message: `no skill ${JSON.stringify(name)}`, hint: refusal(...holder, places)}};
    const known = [...found.keys()].sort();
    const hint =
      didYouMean(name, known) ??
      (known.length > 0 && known.length <= 12
        ? `skills are ${known.map(known => JSON.stringify(known)).join(', ')}`
        : 'see them with: orchestrator list skills');
    return {problem: {message: `no skill ${JSON.stringify(name)}`, hint}};
  }
  const {skill, problems} = loadSkill(place.directory, {
    source: place.source,
    label: shortenPath(place.directory, places),
  });
  if (skill !== undefined) return {skill};
  return {
    problem: {message: `the skill ${JSON.stringify(name)} cannot be used: ${problems.map(formatProblem).join('; ')}`},
  };
}
