import {toForeignAgent} from '../config/agent-schema.ts';
import {changeLimitsOf, defined, milliseconds, modelsOf} from '../config/resolve-settings.ts';
import type {Settings} from '../config/settings.ts';
import type {PartialTask} from '../config/task-schema.ts';
import type {ModelsConfiguration} from '../domain/models-configuration.ts';
import type {Problem} from '../domain/problem.ts';
import type {Repo} from '../domain/repo.ts';
import type {SkillLibrary} from '../skills/skill-library.ts';
import {quote} from '../util/jsonc-document.ts';
import type {ConfigurationSource} from './configuration-source.ts';
import type {ResolvedTask} from './load-run-configuration.ts';

export interface TaskNeeds {
  readonly base: ConfigurationSource;
  readonly settings: Settings;
  readonly models: ModelsConfiguration;
  readonly skills: SkillLibrary;
  readonly repos: readonly Repo[];
  readonly problems: Problem[];
}

/** One written task with its skill, its repos and the settings merged in; what is wrong goes to `problems`. */
export function resolveTask(task: PartialTask, index: number, needs: TaskNeeds): ResolvedTask | undefined {
  const {base, settings, models, skills, repos, problems} = needs;
  const loaded = task.skill === undefined ? undefined : skills.load(task.skill);
  if (loaded?.problem !== undefined) problems.push(base.problemAt(['tasks', index, 'skill'], loaded.problem));
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
