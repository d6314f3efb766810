import {readdirSync} from 'node:fs';
import path from 'node:path';
import {parseTaskConfiguration, type UsableConfig} from '../config/task-configuration.ts';
import {ConfigurationError} from '../domain/errors.ts';
import type {Problem} from '../domain/problem.ts';
import {isDirectory} from '../fleet/find-repos.ts';
import {shortenPath} from '../util/expand-path.ts';
import {formatPath, type JsonPath} from '../util/jsonc-document.ts';
import {didYouMean} from '../util/nearest-name.ts';
import {readBoundedFile} from '../util/read-bounded-file.ts';
import type {RunConfigurationSources} from './load-run-configuration.ts';
import {flagLabel, taskFromFlags} from './task-from-flags.ts';

/** The tasks, wherever they come from, and how to point at a part of them. */
export interface ConfigurationSource {
  /** What holds of it; the rest is already among the problems. */
  readonly written: UsableConfig;
  /** For paths in it. */
  readonly directory: string;
  problemAt(at: JsonPath, text: {readonly message: string; readonly hint?: string}, offset?: number): Problem;
  /** A problem with the fleet file as a whole, at the place that named the file. */
  fleetProblem(problem: Problem): Problem;
}

export function sourceFromFlags(
  places: Pick<RunConfigurationSources, 'flags' | 'cwd' | 'home'>,
  problems: Problem[],
): ConfigurationSource {
  const {task, problems: wrong} = taskFromFlags(places.flags);
  problems.push(...wrong);
  const problemAt: ConfigurationSource['problemAt'] = (at, text) => {
    const key = String(at[2] ?? at[0]);
    // Every active repo is what is meant when nothing was typed, and a task as a whole nobody has typed.
    const isTyped = key !== 'tasks' && (key !== 'group' || places.flags.group !== undefined);
    return isTyped ? {path: flagLabel(key), ...text} : text;
  };
  return {
    written: {tasks: task === undefined ? [] : [task]},
    directory: places.cwd,
    problemAt,
    fleetProblem: problem => (problem.line === undefined ? {path: '--fleet', message: nameFile(problem)} : problem),
  };
}

export function sourceFromFile(
  configFile: string,
  places: Pick<RunConfigurationSources, 'flags' | 'cwd' | 'home'>,
  problems: Problem[],
): ConfigurationSource {
  const file = path.resolve(places.cwd, configFile);
  const label = shortenPath(file, places);
  const read = readBoundedFile(file, 32 * 1024 * 1024);
  if (read.fault !== undefined) {
    const hint = read.fault.kind === 'missing' ? nearestFile(file) : {};
    throw new ConfigurationError([{file: label, message: read.fault.message, ...hint}]);
  }
  const {usable, document, problems: wrong} = parseTaskConfiguration(read.text, label);
  problems.push(...wrong);
  for (const key of ['skill', 'repos', 'repoNames', 'group', 'tag', 'select'] as const) {
    if (places.flags[key] === undefined) continue;
    problems.push({
      path: flagLabel(key),
      message: 'cannot be used together with --config',
      hint: 'the tasks of the configuration say which skill runs on which repos',
    });
  }
  const problemAt: ConfigurationSource['problemAt'] = (at, text, offset) => ({
    file: label,
    ...(offset === undefined ? document.locate(at) : document.locateInside(at, offset)),
    path: formatPath(at),
    ...text,
  });
  return {
    written: usable,
    directory: path.dirname(file),
    problemAt,
    fleetProblem(problem) {
      if (problem.line !== undefined) return problem;
      const message = nameFile(problem);
      return usable.settings?.fleet === undefined
        ? {path: '--fleet', message}
        : problemAt(['settings', 'fleet'], {message});
    },
  };
}

function nearestFile(file: string): {hint?: string} {
  const folder = path.dirname(file);
  const hint = isDirectory(folder) ? didYouMean(path.basename(file), readdirSync(folder)) : undefined;
  return hint === undefined ? {} : {hint};
}

function nameFile(problem: Problem): string {
  return problem.file === undefined ? problem.message : `${problem.file}: ${problem.message}`;
}
