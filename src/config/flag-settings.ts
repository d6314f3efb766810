import type {Problem} from '../domain/problem.ts';
import {describeIssue} from '../util/describe-issue.ts';
import type {Flags} from './settings.ts';
import {settingsSchema, type WrittenSettings} from './settings-schema.ts';

/** Flags that say the same as a setting, under the setting's key. */
export const flagSettings: readonly {
  readonly key: keyof WrittenSettings;
  readonly flag: keyof Flags;
  label(flags: Flags): string;
}[] = [
  {key: 'parallel', flag: 'parallel', label: flags => (flags.parallel === false ? '--sequential' : '--parallel')},
  {key: 'max_workers', flag: 'maxWorkers', label: () => '--max-workers'},
  {key: 'mode', flag: 'mode', label: flags => `--${flags.mode}`},
  {key: 'log_file', flag: 'logFile', label: () => '--log-file'},
  {key: 'model', flag: 'model', label: () => '--model'},
  {key: 'output', flag: 'output', label: () => '--output'},
  {key: 'deliver', flag: 'deliver', label: () => '--deliver'},
  {key: 'budget_usd', flag: 'budget', label: () => '--budget'},
  {key: 'deadline', flag: 'deadline', label: () => '--deadline'},
  {key: 'results_dir', flag: 'resultsDir', label: () => '--results-dir'},
  {key: 'batch', flag: 'batch', label: () => '--batch'},
  {key: 'force', flag: 'force', label: () => '--force'},
  {key: 'fleet', flag: 'fleet', label: () => '--fleet'},
  {key: 'skills', flag: 'skillsDir', label: () => '--skills-dir'},
  {key: 'exclude', flag: 'exclude', label: () => '--exclude'},
];

/** The flags as settings, checked by the same schema as the file. */
export function settingsFromFlags(flags: Flags): {
  readonly settings: WrittenSettings;
  readonly problems: readonly Problem[];
} {
  const settings: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const {key, flag, label} of flagSettings) {
    const given = flags[flag];
    if (given === undefined) continue;
    const value = key === 'skills' && typeof given === 'string' ? [given] : isNumeric(key) ? toNumber(given) : given;
    const result = settingsSchema.shape[key].safeParse(value);
    if (result.success) settings[key] = result.data;
    for (const issue of result.error?.issues.slice(0, 1) ?? []) {
      for (const {text} of describeIssue(issue, value, settingsSchema.shape[key], () => 'a setting'))
        problems.push({path: label(flags), ...text});
    }
  }
  return {settings: settings as WrittenSettings, problems};
}

function isNumeric(key: string): boolean {
  return key === 'max_workers' || key === 'budget_usd';
}

function toNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : value;
}
