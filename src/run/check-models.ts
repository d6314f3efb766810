import path from 'node:path';
import {findModelsFile} from '../config/find-files.ts';
import {builtInProviders, parseModelsFile} from '../config/models-file.ts';
import {modelsOf} from '../config/resolve-settings.ts';
import type {Settings} from '../config/settings.ts';
import {providerOf} from '../domain/model.ts';
import {type ModelsConfiguration, noModelsConfiguration} from '../domain/models-configuration.ts';
import type {Problem} from '../domain/problem.ts';
import {shortenPath} from '../util/expand-path.ts';
import {type JsonPath, quote} from '../util/jsonc-document.ts';
import {didYouMean} from '../util/nearest-name.ts';
import {readBoundedFile} from '../util/read-bounded-file.ts';
import type {ConfigurationSource} from './configuration-source.ts';
import type {RunConfigurationSources} from './load-run-configuration.ts';
import type {TargetTrees} from './target-trees.ts';

/** With `guard` a file that lies in a target repo is passed over: it could send keys elsewhere. */
export function loadModels(
  sources: Pick<RunConfigurationSources, 'cwd' | 'home' | 'orchestratorHome'>,
  problems: Problem[],
  guard?: {readonly trees: TargetTrees; readonly notes: string[]},
): ModelsConfiguration {
  const file = findModelsFile(sources, candidate => {
    const repo = guard?.trees.holding(candidate)?.repo;
    if (repo === undefined) return true;
    const name = shortenPath(candidate, sources);
    const own = shortenPath(path.join(sources.orchestratorHome, 'models.json'), sources);
    guard?.notes.push(
      `${name} lies inside the repo ${JSON.stringify(repo)}, which this run works on, so it is not used; if it is yours, move it to ${own}`,
    );
    return false;
  });
  if (file === undefined) return noModelsConfiguration;
  const label = shortenPath(file, sources);
  const read = readBoundedFile(file, 4 * 1024 * 1024);
  if (read.fault !== undefined) {
    problems.push({file: label, message: read.fault.message});
    return noModelsConfiguration;
  }
  const {models, problems: wrong} = parseModelsFile(read.text, label);
  problems.push(...wrong);
  return models ?? noModelsConfiguration;
}

export function checkModels(
  base: ConfigurationSource,
  settings: Settings,
  models: ModelsConfiguration,
  problems: Problem[],
): void {
  const providers = new Set([...builtInProviders, ...Object.keys(models.providers)]);
  const check = (model: string | undefined, problemOf: (text: {message: string; hint?: string}) => Problem): void => {
    const provider = model === undefined ? undefined : providerOf(model);
    if (provider === undefined || providers.has(provider)) return;
    const hint = didYouMean(provider, providers) ?? 'add it to "providers" in config/models.json';
    problems.push(problemOf({message: `no provider ${quote(provider)}`, hint}));
  };
  const inFile = base.written.settings;
  for (const [index, task] of base.written.tasks.entries()) checkNamed(['tasks', index], task);
  if (modelsOf(inFile ?? {}) !== undefined) checkNamed(['settings'], inFile ?? {});
  else check(settings.models?.[0], text => ({path: '--model', ...text}));

  function checkNamed(at: JsonPath, named: {model?: string; models?: readonly string[]}): void {
    check(named.model, text => base.problemAt([...at, 'model'], text));
    for (const [index, model] of (named.models ?? []).entries())
      check(model, text => base.problemAt([...at, 'models', index], text));
  }
}
