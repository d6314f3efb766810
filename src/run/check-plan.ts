import type {Flags} from '../config/settings.ts';
import {findForgeAddress, forgeToken, wellKnownForges} from '../domain/forge.ts';
import {asksNoModel, type Job} from '../domain/job.ts';
import type {Problem} from '../domain/problem.ts';
import type {Models} from '../models/models.ts';
import {priceOf, unknownPrice} from '../models/prices.ts';
import type {JsonPath} from '../util/jsonc-document.ts';
import {quote} from '../util/jsonc-document.ts';
import type {ResolvedTask, RunConfiguration} from './load-run-configuration.ts';
import {flagLabel} from './task-from-flags.ts';

export interface PlanToCheck {
  readonly configuration: RunConfiguration;
  readonly jobs: readonly Job[];
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly models: Models;
  /** False where workers elsewhere make the calls, with keys of their own. */
  readonly callsHere: boolean;
}

export interface PlanFaults {
  readonly problems: readonly Problem[];
  /** What the environment lacks for the run; a plan can be made without it. */
  readonly missing: readonly Problem[];
}

/** What keeps a run with these jobs from starting, all of it at once and each where it was written. */
export async function checkPlan(plan: PlanToCheck): Promise<PlanFaults> {
  const problems: Problem[] = [];
  const missing: Problem[] = [];
  for (const task of plan.configuration.tasks) {
    const [job] = plan.jobs.filter(({task: name, skill}) => name === task.name && skill === task.skill.name);
    if (job === undefined) continue;
    const here = {plan, task, job, problems, missing};
    checkMode(here);
    if (plan.callsHere) {
      checkKeys(here);
      checkTokens(here);
    }
    await checkPrices(here);
  }
  return {problems, missing};
}

interface TaskCheck {
  readonly plan: PlanToCheck;
  readonly task: ResolvedTask;
  /** One of its jobs: all have the same models. */
  readonly job: Job;
  readonly problems: Problem[];
  readonly missing: Problem[];
}

function checkMode({plan, task, job, problems}: TaskCheck): void {
  if (job.mode !== 'agent' || !job.models.includes('offline')) return;
  const text = {
    message: 'mode "agent" needs a model, and "offline" is none',
    hint: 'set "model" and its key, or use mode "simple" (--simple)',
  };
  problems.push(problemAt(plan, task.index, ['mode', 'simple_mode', 'model'], text));
}

function checkKeys({plan, task, job, problems, missing}: TaskCheck): void {
  for (const model of job.models) {
    const found = plan.models.check(model);
    if (found === undefined) continue;
    const at = placeOfModel(plan, task.index, model);
    const hint = found.missing === undefined ? found.hint : hintForKey(plan, at, found.hint);
    const text = {message: found.message, ...(hint === undefined ? {} : {hint})};
    (found.missing === undefined ? problems : missing).push(problemAt(plan, task.index, at, text));
  }
}

/** A person who has typed --model is told what wins over it. */
function hintForKey({configuration, flags}: PlanToCheck, at: JsonPath, hint: string | undefined): string | undefined {
  if (configuration.configFile === undefined || at[0] === '--model') return hint;
  return flags.model === undefined
    ? 'set it, or try without a key: "model": "offline" here'
    : `set it, or change the model here: what the configuration says wins over --model ${flags.model}`;
}

function checkTokens({plan, task, problems: _, missing}: TaskCheck): void {
  const {configuration, jobs, env} = plan;
  const hosts = new Set<string>();
  for (const job of jobs) {
    if (job.task !== task.name || job.deliver !== 'pull-request') continue;
    const forge = findForgeAddress(job, configuration.fleet.forges ?? wellKnownForges)?.forge;
    // A repo whose forge is not known fails by itself.
    if (forge === undefined || forgeToken(forge, env) !== undefined || hosts.has(forge.host)) continue;
    hosts.add(forge.host);
    const text = {
      message: `pull requests on ${forge.host} need a token`,
      hint: `set ${forge.tokenEnvs.join(' or ')}, or deliver as "branch" (--deliver branch)`,
    };
    missing.push(problemAt(plan, task.index, ['deliver'], text));
  }
}

async function checkPrices({plan, task, job, problems}: TaskCheck): Promise<void> {
  const {settings, models} = plan.configuration;
  const limit = task.budgetUsd ?? settings.budgetUsd ?? settings.budgetUsdPerDay ?? settings.budgetUsdPerMonth;
  if (limit === undefined || asksNoModel(job)) return;
  if (job.agent !== undefined) {
    const text = {
      message: `a budget is set, and what the agent ${quote(job.agent.name)} costs is not known before it is paid`,
      hint: 'leave the budget out for it, or use our own agent',
    };
    problems.push(problemAt(plan, task.index, ['agent'], text));
    return;
  }
  for (const model of job.models) {
    if ((await priceOf(model, models)) !== undefined) continue;
    const text = {message: `a budget is set and there is ${unknownPrice(model)}`};
    problems.push(problemAt(plan, task.index, placeOfModel(plan, task.index, model), text));
  }
}

function placeOfModel({configuration}: PlanToCheck, index: number, model: string): JsonPath {
  const {tasks, settings} = configuration.source.written;
  const of = (written: {model?: string; models?: readonly string[]} | undefined, at: JsonPath): JsonPath[] => {
    const position = written?.models?.indexOf(model) ?? -1;
    if (written?.model === model) return [[...at, 'model']];
    return position < 0 ? [] : [[...at, 'models', position]];
  };
  const [place] = [...of(tasks[index], ['tasks', index]), ...of(settings, ['settings'])];
  return place ?? ['--model'];
}

/** At the first of the keys that the task, the settings or the command line gives; else at the task. */
function problemAt(
  {configuration: {source}, flags}: PlanToCheck,
  index: number,
  keys: JsonPath,
  text: {readonly message: string; readonly hint?: string},
): Problem {
  if (keys[0] === 'tasks' || keys[0] === 'settings') return source.problemAt(keys, text);
  const {tasks, settings} = source.written;
  const holders = [
    [tasks[index], ['tasks', index]],
    [settings, ['settings']],
  ] as const;
  for (const [written, at] of holders) {
    const key = keys.find(name => written !== undefined && Object.hasOwn(written, name));
    if (key !== undefined) return source.problemAt([...at, key], text);
  }
  const typed = flags as Readonly<Record<string, unknown>>;
  const flag = keys.map(key => String(key).replace('--', '')).find(key => typed[key] !== undefined);
  if (flag === undefined) return source.problemAt(['tasks', index], text);
  return {path: flag === 'mode' ? `--${String(typed['mode'])}` : flagLabel(flag), ...text};
}
