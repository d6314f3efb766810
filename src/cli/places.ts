import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {findFleetFile} from '../config/find-files.ts';
import {resolveSettings} from '../config/resolve-settings.ts';
import type {Settings} from '../config/settings.ts';
import {ConfigurationError} from '../domain/errors.ts';
import type {ModelsConfiguration} from '../domain/models-configuration.ts';
import type {Problem} from '../domain/problem.ts';
import type {Fleet} from '../domain/repo.ts';
import {keptListings} from '../fleet/list-sources.ts';
import {loadModels} from '../run/check-models.ts';
import {sourceFromFile, sourceFromFlags} from '../run/configuration-source.ts';
import {openFleet} from '../run/open-fleet.ts';
import {openSkillLibrary, type SkillLibrary} from '../skills/skill-library.ts';
import type {Io} from './io.ts';

export interface PlaceOptions {
  readonly config?: string;
  readonly fleet?: string;
  readonly skillsDir?: string;
}

/** What the operator wrote, each part read when it is asked for; a fault in one part does not hide the others. */
export interface Places {
  readonly settings: Settings;
  /** Undefined when there is no fleet file. Throws `ConfigurationError`. */
  fleet(): Fleet | undefined;
  skills(): SkillLibrary;
  /** Throws `ConfigurationError`. */
  models(): ModelsConfiguration;
}

export const shippedSkillsDir = fileURLToPath(new URL('../../skills', import.meta.url));

/** Where answers of forges to the sources of a fleet are kept. */
export function sourcesDir(io: Pick<Io, 'stateDir'>): string {
  return path.join(io.stateDir, 'sources');
}

/** Settings of the task configuration, else of the flags. Throws `ConfigurationError`. */
export function openPlaces(io: Io, options: PlaceOptions): Places {
  const {cwd, home, env} = io;
  const sources = {
    cwd,
    home,
    env,
    orchestratorHome: io.stateDir,
    listings: io.listings ?? keptListings(sourcesDir(io)),
  };
  const flags = {
    ...(options.fleet === undefined ? {} : {fleet: options.fleet}),
    ...(options.skillsDir === undefined ? {} : {skillsDir: options.skillsDir}),
  };
  const problems: Problem[] = [];
  const base =
    options.config === undefined
      ? sourceFromFlags({...sources, flags}, problems)
      : sourceFromFile(options.config, {...sources, flags}, problems);
  const {settings, problems: wrong} = resolveSettings({
    ...sources,
    flags,
    written: base.written.settings,
    configDir: base.directory,
    problemAt: (at, message) => base.problemAt(['settings', ...at], {message}),
  });
  refuse([...problems, ...wrong]);
  return {
    settings,
    fleet() {
      const file = settings.fleetFile ?? findFleetFile(sources);
      const opened = openFleet(file === undefined ? {} : {fleetFile: file}, sources);
      refuse(opened.problems);
      return opened.fleet.file === undefined ? undefined : opened.fleet;
    },
    skills: () => openSkillLibrary({cwd, home, extraDirs: settings.skillDirs, shippedDir: shippedSkillsDir}),
    models() {
      const found: Problem[] = [];
      const models = loadModels(sources, found);
      refuse(found);
      return models;
    },
  };
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ConfigurationError(problems);
}
