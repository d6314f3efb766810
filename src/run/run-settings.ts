import type {Settings} from '../config/settings.ts';
import type {ModelsConfiguration} from '../domain/models-configuration.ts';

/** What the ledger keeps of a run beside its jobs, so that `resume` needs no configuration file. Holds no key. */
export interface RunSettings {
  readonly version: 1;
  readonly parallel: boolean;
  readonly maxWorkers: number;
  readonly budgetUsd?: number;
  readonly budgetUsdPerDay?: number;
  readonly budgetUsdPerMonth?: number;
  readonly deadline?: string;
  readonly graceMs: number;
  readonly maxAttempts?: number;
  readonly models: ModelsConfiguration;
  readonly skills: readonly {readonly name: string; readonly directory: string; readonly digest: string}[];
}

export function toRunSettings(
  settings: Settings,
  models: ModelsConfiguration,
  skills: RunSettings['skills'],
): RunSettings {
  const {budgetUsd, budgetUsdPerDay, budgetUsdPerMonth, deadline, maxAttempts} = settings;
  return {
    version: 1,
    parallel: settings.parallel,
    maxWorkers: settings.maxWorkers,
    ...(budgetUsd === undefined ? {} : {budgetUsd}),
    ...(budgetUsdPerDay === undefined ? {} : {budgetUsdPerDay}),
    ...(budgetUsdPerMonth === undefined ? {} : {budgetUsdPerMonth}),
    ...(deadline === undefined ? {} : {deadline}),
    graceMs: settings.graceMs,
    ...(maxAttempts === undefined ? {} : {maxAttempts}),
    models,
    skills,
  };
}
