import path from 'node:path';
import {parseTaskConfiguration} from '../config/task-configuration.ts';
import type {WrittenConfig} from '../config/task-schema.ts';
import {ConfigurationError} from '../domain/errors.ts';
import type {Problem} from '../domain/problem.ts';
import {shortenPath} from '../util/expand-path.ts';
import {formatPath, type JsonPath} from '../util/jsonc-document.ts';
import {readBoundedFile} from '../util/read-bounded-file.ts';
import type {RunConfigurationSources} from './load-run-configuration.ts';
import {flagLabel, taskFromFlags} from './task-from-flags.ts';

/** The tasks, wherever they come from, and how to point at a part of them. */
export interface ConfigurationSource {
  readonly written: WrittenConfig;
  /** For paths in it. */
  readonly directory: string;
  problemAt(at: JsonPath, text: {readonly message: string; readonly hint?: string}, offset?: number): Problem;
  /** For a setting that may stand in the file or come from a flag. */
  settingProblem(key: 'fleet' | 'skills', problem: Problem): Problem;
}

export function sourceFromFlags(
  places: Pick<RunConfigurationSources, 'flags' | 'cwd' | 'home'>,
  problems: Problem[],
): ConfigurationSource {
  const {task, problems: wrong} = taskFromFlags(places.flags);
  problems.push(...wrong);
  const problemAt: ConfigurationSource['problemAt'] = (at, text) => ({
    path: flagLabel(String(at[2] ?? at[0])),
    ...text,
  });
  return {
    written: {tasks: task === undefined ? [] : [task]},
    directory: places.cwd,
    problemAt,
    settingProblem: (key, problem) =>
      problem.line === undefined ? {path: flagLabel(key), message: nameFile(problem)} : problem,
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
  if (read.fault !== undefined)
    throw new ConfigurationError([{file: label, path: '--config', message: read.fault.message}]);
  const {written, document, problems: wrong} = parseTaskConfiguration(read.text, label);
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
    written: written ?? {tasks: []},
    directory: path.dirname(file),
    problemAt,
    settingProblem(key, problem) {
      if (problem.line !== undefined) return problem;
      const inFile = written?.settings?.[key] !== undefined;
      return inFile
        ? problemAt(['settings', key], {message: nameFile(problem)})
        : {path: flagLabel(key), message: nameFile(problem)};
    },
  };
}

function nameFile(problem: Problem): string {
  return problem.file === undefined ? problem.message : `${problem.file}: ${problem.message}`;
}
