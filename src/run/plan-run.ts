import {createHash} from 'node:crypto';
import type {ForeignAgent} from '../domain/foreign-agent.ts';
import {
  type ChangeLimits,
  type DeliveryKind,
  type Job,
  jobId,
  jobLabel,
  type PullRequestOptions,
} from '../domain/job.ts';
import type {Repo} from '../domain/repo.ts';
import type {Mode, Skill} from '../domain/skill.ts';
import {fillDate, resolveOutput} from '../modes/output-path.ts';
import {localDate} from '../util/local-time.ts';

/** A task with everything resolved: names are objects, settings are merged in. */
export interface PlannedTask {
  readonly name: string;
  readonly skill: Skill;
  readonly repos: readonly Repo[];
  readonly mode: Mode;
  readonly models: readonly string[];
  readonly output?: string;
  readonly deliver: DeliveryKind;
  readonly push?: boolean;
  readonly pullRequest: PullRequestOptions;
  readonly verify: readonly string[] | 'auto';
  readonly commandTimeoutMs: number;
  readonly changeLimits: ChangeLimits;
  readonly budgetUsd?: number;
  /** Labels of workers. */
  readonly needs?: readonly string[];
  readonly timeoutMs: number;
  readonly force: boolean;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  readonly maxTurns?: number;
  readonly jobTimeoutMs?: number;
  readonly jobBudgetUsd?: number;
  readonly agent?: ForeignAgent;
}

export interface Shard {
  /** 1-based. */
  readonly index: number;
  readonly count: number;
}

/** The jobs of a run, task by task and in the order of the selection. The same arguments give the same jobs. */
export function planRun(tasks: readonly PlannedTask[], options: {date: Date; shard?: Shard}): readonly Job[] {
  const date = localDate(options.date);
  const jobs: Job[] = [];
  const ids = new Set<string>();
  for (const task of tasks) {
    const outputPattern = task.output ?? task.skill.output ?? '';
    const output = resolveOutput({
      ...(task.output === undefined ? {} : {taskOutput: task.output}),
      skill: task.skill,
      date: options.date,
    });
    for (const repo of task.repos) {
      if (options.shard !== undefined && !isInShard(repo.name, options.shard)) continue;
      const id = jobId(task.name, task.skill.name, repo.name);
      if (ids.has(id)) continue;
      ids.add(id);
      jobs.push({
        id,
        sequence: jobs.length,
        task: task.name,
        skill: task.skill.name,
        repo: repo.name,
        ...(repo.path === undefined ? {} : {path: repo.path}),
        ...(repo.url === undefined ? {} : {url: repo.url}),
        ...(repo.github === undefined ? {} : {github: repo.github}),
        ...(repo.branch === undefined ? {} : {branch: repo.branch}),
        ...(repo.description === undefined ? {} : {description: repo.description}),
        mode: task.mode,
        models: task.models,
        output,
        outputs:
          task.output === undefined && task.skill.outputs.length > 0
            ? task.skill.outputs.map(file => fillDate(file, options.date))
            : [output],
        outputPattern: outputPattern === '' ? output : outputPattern,
        date,
        deliver: task.deliver,
        ...(task.deliver === 'branch' && task.push === true ? {push: true as const} : {}),
        ...(task.deliver === 'pull-request' ? {pullRequest: task.pullRequest} : {}),
        verify: task.verify,
        commandTimeoutMs: task.commandTimeoutMs,
        changeLimits: task.changeLimits,
        timeoutMs: task.timeoutMs,
        force: task.force,
        contextTokens: task.contextTokens,
        maxOutputTokens: task.maxOutputTokens,
        ...(task.mode === 'agent' ? agentLimits(task) : {}),
        ...(task.budgetUsd === undefined ? {} : {taskBudgetUsd: task.budgetUsd}),
        ...(task.needs === undefined || task.needs.length === 0 ? {} : {needs: task.needs}),
      });
    }
  }
  return markAmbiguous(jobs);
}

function markAmbiguous(jobs: readonly Job[]): Job[] {
  const counts = new Map<string, number>();
  for (const job of jobs) counts.set(jobLabel(job), (counts.get(jobLabel(job)) ?? 0) + 1);
  return jobs.map(job => (counts.get(jobLabel(job)) === 1 ? job : {...job, isAmbiguous: true}));
}

function agentLimits({maxTurns, jobTimeoutMs, jobBudgetUsd, agent}: PlannedTask): Partial<Job> {
  return {
    ...(agent === undefined ? {} : {agent}),
    ...(maxTurns === undefined ? {} : {maxTurns}),
    ...(jobTimeoutMs === undefined ? {} : {jobTimeoutMs}),
    ...(jobBudgetUsd === undefined ? {} : {jobBudgetUsd}),
  };
}

/** Depends on the repo's name alone, so that machines with different fleets still agree on who has which repo. */
export function isInShard(repo: string, shard: Shard): boolean {
  return createHash('sha256').update(repo).digest().readUInt32BE(0) % shard.count === shard.index - 1;
}
