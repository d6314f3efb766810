import type {ForgeHost} from '../domain/forge.ts';
import type {McpServers} from '../domain/mcp-server.ts';
import type {ModelsConfiguration} from '../domain/models-configuration.ts';
import type {SandboxSettings} from '../domain/sandbox.ts';
import type {RunConfiguration} from './load-run-configuration.ts';

/** What the ledger keeps of a run beside its jobs, so that `resume` needs no configuration file. Holds no key. */
export interface RunSettings {
  readonly version: 1;
  readonly parallel: boolean;
  /** Host whose paths the jobs have; only for runs that other machines execute. */
  readonly plannedOn?: string;
  /** Version of the program that planned it, and the time zone of its dates and its deadline; only for such runs too. */
  readonly plannedBy?: string;
  readonly zone?: string;
  readonly maxWorkers: number;
  /** Replies come through the batch interfaces of providers. */
  readonly batch?: true;
  readonly budgetUsd?: number;
  readonly budgetUsdPerDay?: number;
  readonly budgetUsdPerMonth?: number;
  readonly deadline?: string;
  readonly graceMs: number;
  readonly maxAttempts?: number;
  /** Absolute path of the task configuration, on the machine that planned the run. */
  readonly configFile?: string;
  /** As written: what a `$NAME` stands for is looked up when something is sent. */
  readonly notify?: readonly string[];
  readonly deadManUrl?: string;
  readonly logMaxBytes?: number;
  /** How often the configuration is meant to start. */
  readonly expected?: {readonly everyMs: number; readonly configFile: string};
  /** Absent in runs that an earlier version recorded: the default. */
  readonly sandbox?: SandboxSettings;
  readonly mcp?: McpServers;
  /** Most pull requests opened in an hour. Absent, as `forges`, in runs that an earlier version recorded. */
  readonly prPerHour?: number;
  readonly forges?: readonly ForgeHost[];
  readonly models: ModelsConfiguration;
  readonly skills: readonly {readonly name: string; readonly directory: string; readonly digest: string}[];
}

export function toRunSettings(
  {settings, models, configFile, fleet}: Pick<RunConfiguration, 'settings' | 'models' | 'configFile' | 'fleet'>,
  skills: RunSettings['skills'],
): RunSettings {
  const {budgetUsd, budgetUsdPerDay, budgetUsdPerMonth, deadline, maxAttempts, deadManUrl, expectEveryMs} = settings;
  return {
    version: 1,
    parallel: settings.parallel,
    maxWorkers: settings.maxWorkers,
    ...(settings.batch ? {batch: true} : {}),
    ...(budgetUsd === undefined ? {} : {budgetUsd}),
    ...(budgetUsdPerDay === undefined ? {} : {budgetUsdPerDay}),
    ...(budgetUsdPerMonth === undefined ? {} : {budgetUsdPerMonth}),
    ...(deadline === undefined ? {} : {deadline}),
    graceMs: settings.graceMs,
    ...(maxAttempts === undefined ? {} : {maxAttempts}),
    ...(configFile === undefined ? {} : {configFile}),
    notify: settings.notify,
    ...(deadManUrl === undefined ? {} : {deadManUrl}),
    logMaxBytes: settings.logMaxBytes,
    ...(expectEveryMs === undefined || configFile === undefined
      ? {}
      : {expected: {everyMs: expectEveryMs, configFile}}),
    sandbox: settings.sandbox,
    ...(settings.mcp === undefined ? {} : {mcp: settings.mcp}),
    prPerHour: settings.prPerHour,
    ...(fleet.forges === undefined ? {} : {forges: fleet.forges}),
    models,
    skills,
  };
}
