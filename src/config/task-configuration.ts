import type {Problem} from '../domain/problem.ts';
import {checkDocument} from '../util/check-document.ts';
import {formatPath, type JsoncDocument, type JsonPath, parseJsonc, quote} from '../util/jsonc-document.ts';
import {entriesOf, keepValid} from '../util/keep-valid.ts';
import {settingsSchema, type WrittenSettings} from './settings-schema.ts';
import {
  type PartialTask,
  selectorKeys,
  taskConfigurationSchema,
  taskSchema,
  type WrittenConfig,
} from './task-schema.ts';

export interface ParsedTaskConfiguration {
  /** Absent when there is any problem. */
  readonly written?: WrittenConfig;
  /** What holds of it, problems or not, so that names in it can still be checked. Tasks keep their positions. */
  readonly usable: UsableConfig;
  /** Gives later rules the places of what they complain about. */
  readonly document: JsoncDocument;
  readonly problems: readonly Problem[];
}

export interface UsableConfig {
  readonly description?: string;
  readonly tasks: readonly PartialTask[];
  readonly settings?: WrittenSettings;
}

/** Text to task configuration, or everything that is wrong with it. Never throws. */
export function parseTaskConfiguration(text: string, file: string): ParsedTaskConfiguration {
  const document = parseJsonc(text);
  const {value, faults} = checkDocument(document, taskConfigurationSchema, keyNoun);
  const problems: Problem[] = faults.map(fault => ({file, ...fault}));
  const add = (path: JsonPath, message: string, hint?: string, part?: 'key'): void => {
    problems.push({
      file,
      ...document.locate(path, part),
      path: formatPath(path),
      message,
      ...(hint === undefined ? {} : {hint}),
    });
  };
  checkSelectors(document.value, add);
  if (value !== undefined) {
    checkModes(value, add);
    checkTaskNames(value, add);
  }
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  if (value === undefined) return {usable: usableParts(document.value), document, problems};
  return problems.length === 0
    ? {written: value, usable: value, document, problems}
    : {usable: value, document, problems};
}

function usableParts(root: unknown): UsableConfig {
  const raw = (root ?? {}) as {tasks?: unknown; settings?: unknown};
  return {
    tasks: entriesOf(raw.tasks)
      .slice(0, 1000)
      .map(task => keepValid(taskSchema, task)),
    settings: keepValid(settingsSchema, raw.settings),
  };
}

type Add = (path: JsonPath, message: string, hint?: string, part?: 'key') => void;

function keyNoun(path: JsonPath): string {
  if (path.length === 0) return 'a key of a task configuration';
  return path[0] === 'settings' ? 'a setting' : 'a key of a task';
}

// Looks at the raw value, so that it also speaks when something else in the file is wrong.
function checkSelectors(root: unknown, add: Add): void {
  const tasks = (root as {tasks?: unknown} | null | undefined)?.tasks;
  if (!Array.isArray(tasks)) return;
  let reported = 0;
  for (const [index, task] of tasks.entries()) {
    if (typeof task !== 'object' || task === null || Array.isArray(task) || reported === 100) continue;
    const given = selectorKeys.filter(key => Object.hasOwn(task, key));
    if (given.length === 1) continue;
    reported++;
    if (given.length === 0) {
      add(
        ['tasks', index],
        'no repos are selected',
        'add one of "group", "tag", "repos", "repo_names", "select", for example "group": "all"',
      );
    } else {
      add(
        ['tasks', index, given[1]!],
        `a task selects its repos in one way, found ${given.map(quote).join(' and ')}`,
        'keep one of them',
        'key',
      );
    }
  }
}

function checkModes(config: WrittenConfig, add: Add): void {
  const {mode, simple_mode: simpleMode} = config.settings ?? {};
  if (mode === undefined || simpleMode === undefined || (mode === 'simple') === simpleMode) return;
  add(
    ['settings', 'simple_mode'],
    `"simple_mode": ${simpleMode} contradicts "mode": ${quote(mode)}`,
    'keep one of them',
    'key',
  );
}

// A job is known by task, skill and repo, so two equal tasks would be one and the same job.
function checkTaskNames(config: WrittenConfig, add: Add): void {
  const seen = new Set<string>();
  for (const [index, task] of config.tasks.entries()) {
    const key = JSON.stringify([task.name, task.skill]);
    if (seen.has(key))
      add(
        ['tasks', index, 'name'],
        `two tasks are named ${quote(task.name)} and run the skill ${quote(task.skill)}`,
        'give each its own name',
      );
    seen.add(key);
  }
}
