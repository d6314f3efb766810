import {realpathSync} from 'node:fs';
import {toForeignAgent} from '../config/agent-schema.ts';
import {changeLimitsOf, defined, milliseconds, modelsOf} from '../config/resolve-settings.ts';
import type {Settings} from '../config/settings.ts';
import type {PartialTask} from '../config/task-schema.ts';
import type {ModelsConfiguration} from '../domain/models-configuration.ts';
import type {Problem} from '../domain/problem.ts';
import type {Repo} from '../domain/repo.ts';
import {expandRepoGlob} from '../fleet/find-repos.ts';
import {type Selector, selectRepos} from '../fleet/select-repos.ts';
import type {SkillLibrary} from '../skills/skill-library.ts';
import {quote} from '../util/jsonc-document.ts';
import type {ConfigurationSource} from './configuration-source.ts';
import type {ResolvedTask, RunConfigurationSources} from './load-run-configuration.ts';
import type {OpenedFleet} from './open-fleet.ts';

export interface TaskNeeds {
  readonly base: ConfigurationSource;
  readonly settings: Settings;
  readonly models: ModelsConfiguration;
  readonly skills: SkillLibrary;
  readonly fleet: OpenedFleet;
  readonly sources: Pick<RunConfigurationSources, 'home' | 'env'>;
  readonly problems: Problem[];
}

/** One written task with its skill, its repos and the settings merged in; what is wrong goes to `problems`. */
export function resolveTask(task: PartialTask, index: number, needs: TaskNeeds): ResolvedTask | undefined {
  const {base, settings, models, skills, problems} = needs;
  const loaded = task.skill === undefined ? undefined : skills.load(task.skill);
  if (loaded?.problem !== undefined) problems.push(base.problemAt(['tasks', index, 'skill'], loaded.problem));
  const repos = resolveRepos(task, index, needs);
  const skill = loaded?.skill;
  if (skill === undefined || task.name === undefined) return undefined;
  const mode = task.mode ?? settings.mode ?? skill.mode ?? 'simple';
  if (mode === 'script' && skill.hasScript !== true) {
    const at = task.mode === undefined ? ['tasks', index, 'skill'] : ['tasks', index, 'mode'];
    const message = `skill ${quote(skill.name)} has no scripts/run, which mode "script" starts`;
    problems.push(base.problemAt(at, {message}));
  }
  return {
    name: task.name,
    index,
    skill,
    repos,
    mode,
    deliver: task.deliver ?? settings.deliver,
    push: settings.push,
    pullRequest: {
      labels: task.labels ?? settings.labels,
      reviewers: task.reviewers ?? settings.reviewers,
      draft: task.draft ?? settings.draft,
    },
    verify: task.verify ?? settings.verify ?? skill.verify ?? [],
    commandTimeoutMs: milliseconds(task.command_timeout_s) ?? settings.commandTimeoutMs,
    changeLimits: changeLimitsOf(task, settings.changeLimits),
    timeoutMs: milliseconds(task.timeout_s) ?? settings.timeoutMs,
    force: task.force ?? settings.force,
    contextTokens: task.context_tokens ?? settings.contextTokens,
    maxOutputTokens: task.max_output_tokens ?? settings.maxOutputTokens,
    maxTurns: task.max_turns ?? settings.maxTurns,
    jobTimeoutMs: milliseconds(task.job_timeout_s) ?? settings.jobTimeoutMs,
    ...defined({
      models: modelsOf(task) ?? settings.models ?? (models.default === undefined ? undefined : [models.default]),
      output: task.output ?? settings.output,
      budgetUsd: task.budget_usd,
      jobBudgetUsd: task.job_budget_usd ?? settings.jobBudgetUsd,
      agent: task.agent === undefined ? settings.agent : toForeignAgent(task.agent),
      needs: task.needs,
    }),
  };
}

function resolveRepos(
  task: PartialTask,
  index: number,
  {base, settings, fleet, sources, problems}: TaskNeeds,
): readonly Repo[] {
  const selector = selectorOf(task);
  if (selector === undefined) return [];
  if (!('repos' in selector)) {
    const missing = fleet.missing();
    if (missing !== undefined) {
      problems.push(missing);
      return [];
    }
    // Nothing of the fleet could be read, and that is said already.
    if (fleet.fleet.repos.length === 0) return [];
  }
  const places = {base: base.directory, home: sources.home, env: sources.env};
  const exclude = [...(task.exclude ?? []), ...settings.exclude];
  const {repos, faults} = selectRepos(selector, fleet.fleet, {exclude, places, expandGlob: expandRepoGlob, realPath});
  for (const {path: at, offset, empty, ...text} of faults) {
    // The missing repos may be those that the fleet file has wrong.
    if (empty && fleet.problems.length > 0) continue;
    problems.push(base.problemAt(['tasks', index, ...at], text, offset));
  }
  return repos;
}

function selectorOf(task: PartialTask): Selector | undefined {
  if (task.repos !== undefined) return {repos: task.repos};
  if (task.repo_names !== undefined) return {repo_names: task.repo_names};
  if (task.tag !== undefined) return {tag: task.tag};
  if (task.select !== undefined) return {select: task.select};
  return task.group === undefined ? undefined : {group: task.group};
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    // It need not exist: its job then says so.
    return file;
  }
}
