import path from 'node:path';
import {modelsOf, overrideLine, resolveSettings} from '../config/resolve-settings.ts';
import type {Flags, Settings} from '../config/settings.ts';
import type {PartialTask} from '../config/task-schema.ts';
import {ConfigurationError} from '../domain/errors.ts';
import type {ModelsConfiguration} from '../domain/models-configuration.ts';
import type {Problem} from '../domain/problem.ts';
import type {Fleet} from '../domain/repo.ts';
import {isDirectory} from '../fleet/find-repos.ts';
import type {ForgeListings} from '../fleet/forge-listings.ts';
import {AddressError, parseNotifyTarget, parsePingUrl} from '../report/notify/notify-target.ts';
import {openSkillLibrary} from '../skills/skill-library.ts';
import {type JsonPath, quote} from '../util/jsonc-document.ts';
import {checkModels, loadModels} from './check-models.ts';
import {type ConfigurationSource, sourceFromFile, sourceFromFlags} from './configuration-source.ts';
import type {PlannedTask} from './plan-run.ts';
import {resolveTask} from './resolve-task.ts';
import {selectTargets} from './select-targets.ts';

export interface ResolvedTask extends Omit<PlannedTask, 'models'> {
  /** Absent when neither the task, the settings, the flags nor the models file name one. */
  readonly models?: readonly string[];
  /** Position in the configuration, disabled tasks counted. */
  readonly index: number;
}

export interface RunConfiguration {
  /** The enabled ones, in order. */
  readonly tasks: readonly ResolvedTask[];
  readonly disabled: readonly {readonly name: string; readonly skill: string}[];
  readonly settings: Settings;
  /** One line for each flag that the configuration overrides. */
  readonly overrides: readonly string[];
  /** What else is worth telling: what of the working directory is not used, what a forge answered. */
  readonly notes: readonly string[];
  readonly fleet: Fleet;
  readonly models: ModelsConfiguration;
  /** Where all of this was written, for what is found wrong with it later. */
  readonly source: ConfigurationSource;
  /** Absolute. */
  readonly configFile?: string;
  readonly description?: string;
}

export interface RunConfigurationSources {
  /** As typed after --config; absent: the flags make one task. */
  readonly configFile?: string;
  readonly flags: Flags;
  readonly cwd: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly orchestratorHome: string;
  readonly shippedSkillsDir: string;
  /** Answers to the sources of the fleet that are on a forge. */
  readonly listings?: ForgeListings | undefined;
}

/** Everything a run needs to know, from files and flags. Throws `ConfigurationError` with all problems at once. */
export function loadRunConfiguration(sources: RunConfigurationSources): RunConfiguration {
  const problems: Problem[] = [];
  const base =
    sources.configFile === undefined
      ? sourceFromFlags(sources, problems)
      : sourceFromFile(sources.configFile, sources, problems);
  const {
    settings,
    overrides,
    problems: settingsProblems,
  } = resolveSettings({
    ...sources,
    written: base.written.settings,
    configDir: base.directory,
    problemAt: (at, message) => base.problemAt(['settings', ...at], {message}),
  });
  problems.push(...settingsProblems);
  checkSkillDirs(settings, base, problems);
  checkAddresses(settings, base, sources.env, problems);
  const targets = selectTargets({base, settings, sources});
  const notes = [...targets.notes];
  const models = loadModels(sources, problems, {trees: targets.trees, notes});
  problems.push(...targets.fleet.problems);
  const skills = openSkillLibrary({
    ...sources,
    extraDirs: settings.skillDirs,
    shippedDir: sources.shippedSkillsDir,
    repoHolding: place => targets.trees.holding(place)?.repo,
  });
  notes.push(...skills.refusals);
  checkModels(base, settings, models, problems);

  const tasks = base.written.tasks.flatMap((task, index) => {
    if (task.enabled === false) return [];
    const repos = targets.repos.get(index) ?? [];
    const resolved = resolveTask(task, index, {base, settings, models, skills, repos, problems});
    problems.push(...(targets.problems.get(index) ?? []));
    return resolved ?? [];
  });
  if (base.written.tasks.length > 0 && base.written.tasks.every(task => task.enabled === false)) {
    problems.push(
      base.problemAt(['tasks'], {message: 'every task is disabled', hint: 'set "enabled": true on one of them'}),
    );
  }
  if (problems.length > 0) throw new ConfigurationError(inOrder(problems));
  return {
    tasks,
    disabled: base.written.tasks
      .filter(task => task.enabled === false)
      .map(({name = '', skill = ''}) => ({name, skill})),
    settings,
    overrides: [...overrides, ...taskOverrides(base.written.tasks, sources)],
    notes: [...notes, ...(targets.fleet.fleet.notes ?? [])],
    fleet: targets.fleet.fleet,
    models,
    source: base,
    ...(sources.configFile === undefined ? {} : {configFile: path.resolve(sources.cwd, sources.configFile)}),
    ...(base.written.description === undefined ? {} : {description: base.written.description}),
  };
}

function checkSkillDirs(settings: Settings, base: ConfigurationSource, problems: Problem[]): void {
  const fromConfig = base.written.settings?.skills?.length ?? 0;
  for (const [index, directory] of settings.skillDirs.entries()) {
    // One that is not absolute holds a variable without a value, which is said already.
    if (!path.isAbsolute(directory) || isDirectory(directory)) continue;
    const message = `the folder ${quote(directory)} does not exist`;
    problems.push(
      index < fromConfig ? base.problemAt(['settings', 'skills', index], {message}) : {path: '--skills-dir', message},
    );
  }
}

/** A message that cannot be sent is found now, not at the end of the night. Nothing of an address is shown: it may be a secret. */
function checkAddresses(
  {notify, deadManUrl}: Settings,
  base: ConfigurationSource,
  env: RunConfigurationSources['env'],
  problems: Problem[],
): void {
  const check = (at: JsonPath, parse: () => unknown): void => {
    try {
      parse();
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      problems.push(base.problemAt(['settings', ...at], {message: error.message}));
    }
  };
  for (const [index, address] of notify.entries()) check(['notify', index], () => parseNotifyTarget(address, env));
  if (deadManUrl !== undefined) check(['dead_man_url'], () => parsePingUrl(deadManUrl, env));
}

function taskOverrides(tasks: readonly PartialTask[], {configFile, flags}: RunConfigurationSources): string[] {
  if (configFile === undefined) return [];
  const pairs = [
    ['mode', flags.mode, `--${flags.mode}`],
    ['model', flags.model, '--model'],
    ['output', flags.output, '--output'],
    ['deliver', flags.deliver, '--deliver'],
    ['force', flags.force, '--force'],
  ] as const;
  return tasks.flatMap((task, index) =>
    pairs.flatMap(([key, given, flag]) => {
      const value = key === 'model' ? modelsOf(task)?.[0] : task[key];
      if (task.enabled === false || given === undefined || value === undefined || value === given) return [];
      return [overrideLine(`tasks[${index}].${key}`, value, flag, given)];
    }),
  );
}

/** Each problem once; those of a file together and in its order. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const once = [...new Map(problems.map(problem => [JSON.stringify(problem), problem])).values()];
  const files = [...new Set(once.map(problem => problem.file))];
  return once.sort(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}
