import {type ChangeLimits, defaultChangeLimits} from '../domain/job.ts';
import type {Problem} from '../domain/problem.ts';
import {show} from '../util/describe-issue.ts';
import {expandPath, type PathPlaces} from '../util/expand-path.ts';
import type {JsonPath} from '../util/jsonc-document.ts';
import {toForeignAgent} from './agent-schema.ts';
import {flagSettings, settingsFromFlags} from './flag-settings.ts';
import {toSandboxSettings} from './sandbox-schema.ts';
import {defaultSettings, type Flags, type Settings} from './settings.ts';
import type {WrittenSettings} from './settings-schema.ts';

export interface SettingsSources {
  readonly written?: WrittenSettings | undefined;
  /** Folder of the configuration file, for its paths. */
  readonly configDir: string;
  readonly flags: Flags;
  readonly cwd: string;
  readonly home: string;
  readonly env: PathPlaces['env'];
  /** Makes a problem at a place inside the written settings. */
  readonly problemAt: (path: JsonPath, message: string) => Problem;
}

export interface ResolvedSettings {
  readonly settings: Settings;
  /** One line for each flag that the configuration overrides, naming both values. */
  readonly overrides: readonly string[];
  readonly problems: readonly Problem[];
}

/** Configuration over flags over defaults. */
export function resolveSettings(sources: SettingsSources): ResolvedSettings {
  const {written = {}, flags, home, env} = sources;
  const fromFlags = settingsFromFlags(flags);
  const problems = [...fromFlags.problems];
  const config = expandLayer(written, {base: sources.configDir, home, env}, (path, message) =>
    problems.push(sources.problemAt(path, message)),
  );
  const typed = expandLayer(fromFlags.settings, {base: sources.cwd, home, env}, ([key], message) => {
    problems.push({path: flagSettings.find(entry => entry.key === key)?.label(flags) ?? String(key), message});
  });
  const merged = {...typed, ...config};
  const models = modelsOf(config) ?? modelsOf(typed);
  const settings: Settings = {
    ...defaultSettings,
    resultsDir: merged.results_dir ?? home,
    notify: merged.notify ?? [],
    skillDirs: [...(config.skills ?? []), ...(typed.skills ?? [])],
    exclude: [...new Set([...(config.exclude ?? []), ...(typed.exclude ?? [])])],
    labels: merged.labels ?? [],
    reviewers: merged.reviewers ?? [],
    changeLimits: changeLimitsOf(merged, defaultChangeLimits),
    ...defined({
      parallel: merged.parallel,
      maxWorkers: merged.max_workers,
      mode: modeOf(config) ?? modeOf(typed),
      logFile: merged.log_file,
      logMaxBytes: merged.log_max_mb === undefined ? undefined : Math.round(merged.log_max_mb * 1e6),
      models,
      output: merged.output,
      deliver: merged.deliver,
      push: merged.push,
      budgetUsd: merged.budget_usd,
      budgetUsdPerDay: merged.budget_usd_per_day,
      budgetUsdPerMonth: merged.budget_usd_per_month,
      deadline: merged.deadline,
      batch: merged.batch,
      force: merged.force,
      deadManUrl: merged.dead_man_url,
      expectEveryMs: timeSpan(merged.expect_every),
      fleetFile: merged.fleet,
      timeoutMs: milliseconds(merged.timeout_s),
      verify: merged.verify,
      commandTimeoutMs: milliseconds(merged.command_timeout_s),
      sandbox: merged.sandbox === undefined ? undefined : toSandboxSettings(merged.sandbox),
      contextTokens: merged.context_tokens,
      maxOutputTokens: merged.max_output_tokens,
      agent: merged.agent === undefined ? undefined : toForeignAgent(merged.agent),
      mcp: merged.mcp,
      maxTurns: merged.max_turns,
      jobTimeoutMs: milliseconds(merged.job_timeout_s),
      jobBudgetUsd: merged.job_budget_usd,
      prPerHour: merged.pr_per_hour,
      draft: merged.draft,
      graceMs: milliseconds(merged.grace_s),
      maxAttempts: merged.max_attempts,
    }),
  };
  return {settings, overrides: overridesOf(written, fromFlags.settings, config, typed, flags), problems};
}

/** `model` first, then `models`; undefined when neither is given. */
export function modelsOf(written: {
  readonly model?: string;
  readonly models?: readonly string[];
}): string[] | undefined {
  const models = [...(written.model === undefined ? [] : [written.model]), ...(written.models ?? [])];
  return models.length === 0 ? undefined : [...new Set(models)];
}

/** What is written over what holds otherwise; what is denied in both places stays denied. */
export function changeLimitsOf(
  written: Pick<WrittenSettings, 'allow' | 'deny' | 'allow_protected' | 'max_changed_files' | 'max_changed_lines'>,
  otherwise: ChangeLimits,
): ChangeLimits {
  return {
    allow: written.allow ?? otherwise.allow,
    deny: [...new Set([...otherwise.deny, ...(written.deny ?? [])])],
    allowProtected: written.allow_protected ?? otherwise.allowProtected,
    maxChangedFiles: written.max_changed_files ?? otherwise.maxChangedFiles,
    maxChangedLines: written.max_changed_lines ?? otherwise.maxChangedLines,
  };
}

/** Leaves out what is undefined, so that a spread keeps the default. */
export function defined<T extends object>(values: T): {[Key in keyof T]?: Exclude<T[Key], undefined>} {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}

type Report = (path: JsonPath, message: string) => void;

function expandLayer(written: WrittenSettings, places: PathPlaces, report: Report): WrittenSettings {
  const expandOne = (at: JsonPath, text: string): string | undefined => {
    const {path, unset} = expandPath(text, places);
    if (unset !== undefined) report(at, `the environment variable ${unset} is not set`);
    return path;
  };
  const {log_file, results_dir, fleet, skills, exclude, sandbox, ...rest} = written;
  return {
    ...rest,
    ...defined({
      log_file: log_file === undefined ? undefined : expandOne(['log_file'], log_file),
      results_dir: results_dir === undefined ? undefined : expandOne(['results_dir'], results_dir),
      fleet: fleet === undefined ? undefined : expandOne(['fleet'], fleet),
      sandbox:
        sandbox?.tools === undefined
          ? sandbox
          : {
              ...sandbox,
              tools: sandbox.tools.map((tool, index) => expandOne(['sandbox', 'tools', index], tool) ?? tool),
            },
      skills: skills?.map((skill, index) => expandOne(['skills', index], skill) ?? skill),
      // A plain word names a repo; only what looks like a path is one.
      exclude: exclude?.map((pattern, index) =>
        /^[~.$/]/.test(pattern) ? (expandOne(['exclude', index], pattern) ?? pattern) : pattern,
      ),
    }),
  };
}

function modeOf(written: WrittenSettings): Settings['mode'] {
  return written.mode ?? (written.simple_mode === undefined ? undefined : written.simple_mode ? 'simple' : 'agent');
}

export function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}

/** `24h` and the like, as the schema allows. */
function timeSpan(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const unit = {m: 60_000, h: 3_600_000, d: 86_400_000}[text.at(-1) as 'm' | 'h' | 'd'];
  return Number(text.slice(0, -1)) * unit;
}

function overridesOf(
  written: WrittenSettings,
  typedAsWritten: WrittenSettings,
  config: WrittenSettings,
  typed: WrittenSettings,
  flags: Flags,
): string[] {
  const lines: string[] = [];
  for (const {key, label} of flagSettings) {
    const flagValue = typedAsWritten[key];
    // Skill folders and exclusions of both places hold.
    if (flagValue === undefined || key === 'skills' || key === 'exclude') continue;
    const settingKey =
      key === 'mode' && written.mode === undefined
        ? 'simple_mode'
        : key === 'model' && written.model === undefined
          ? 'models'
          : key;
    const value = written[settingKey];
    if (value === undefined) continue;
    const same =
      key === 'mode'
        ? modeOf(config) === typed.mode
        : key === 'model'
          ? modelsOf(config)?.[0] === typed.model
          : config[key] === typed[key];
    if (!same) lines.push(overrideLine(settingKey, value, label(flags), flagValue));
  }
  return lines;
}

/** `max_workers: the configuration's 5 wins over --max-workers 10`. */
export function overrideLine(key: string, value: unknown, flag: string, flagValue: unknown): string {
  // --agent, --parallel and the like are their own value.
  const bare = typeof flagValue === 'boolean' || flag === `--${flagValue}`;
  const shown = Array.isArray(value) ? value.join(', ') : show(value);
  return `${key}: the configuration's ${shown} wins over ${bare ? flag : `${flag} ${flagValue}`}`;
}
