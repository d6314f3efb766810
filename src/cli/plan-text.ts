import {type Job, jobLabel, namedOutput} from '../domain/job.ts';
import {formatProblem, type Problem} from '../domain/problem.ts';
import type {RunConfiguration} from '../run/load-run-configuration.ts';
import {countOf} from '../util/count-of.ts';
import {escapeLine} from '../util/escape-text.ts';
import {formatLimit, formatUsd} from '../util/format-usd.ts';
import type {CostRange} from './estimate-cost.ts';
import {leavingText} from './leaving-text.ts';

export interface PlannedJob {
  readonly job: Job;
  /** `run`, `up-to-date`, or the reason why it will fail. */
  readonly verdict: string;
  readonly message?: string;
  /** What to do about a job that will fail. */
  readonly next?: string;
  readonly inputTokens?: number;
  readonly shown?: readonly {path: string; cut: boolean}[];
  readonly heldBack?: readonly string[];
  readonly leftOut?: Readonly<Record<string, number>>;
  readonly cost?: CostRange;
  /** Of one call. */
  readonly worstUsd?: number;
}

interface Plan {
  readonly planned: readonly PlannedJob[];
  readonly configuration: RunConfiguration;
  readonly warnings: readonly string[];
  readonly missing: readonly Problem[];
}

export function planText({planned, configuration, warnings}: Plan): string {
  const {disabled, settings, overrides, notes, fleet} = configuration;
  const run = planned.filter(({verdict}) => verdict === 'run');
  const same = planned.filter(({verdict}) => verdict === 'up-to-date');
  const bad = planned.filter(({verdict}) => verdict !== 'run' && verdict !== 'up-to-date');
  const lines = [
    `${countOf(planned.length, 'job')}     ${run.length} run · ${same.length} up to date · ${bad.length} will fail`,
    '',
  ];
  if (run.length > 0) lines.push('SKILL                 JOBS      INPUT  EST. COST USD        MODEL');
  for (const skill of new Set(run.map(({job}) => job.skill))) {
    const jobs = run.filter(({job}) => job.skill === skill);
    const tokens = jobs.reduce((sum, {inputTokens}) => sum + (inputTokens ?? 0), 0);
    lines.push(
      `${skill.padEnd(20)} ${String(jobs.length).padStart(5)} ${`≈ ${kilo(tokens)}`.padStart(10)}  ${formatRange(jobs).padEnd(19)}  ${[...new Set(jobs.map(({job}) => job.models.join(', ')))].join('; ')}`,
    );
  }
  const basis = [...new Set(run.flatMap(({cost}) => (cost === undefined ? [] : [cost.basis])))];
  if (basis.length > 0) lines.push(`Basis: ${basis.join('; ')}.`);
  if (settings.budgetUsd !== undefined)
    lines.push(`Budget: ${formatLimit(settings.budgetUsd)} USD; calls stop before it could be passed.`);
  const {network} = settings.sandbox;
  if (network.length > 0) lines.push(`Commands may reach: ${network.map(escapeLine).join(', ')}.`);
  for (const warning of warnings) lines.push(`! ${escapeLine(warning)}`);
  if (lines.at(-1) !== '') lines.push('');
  for (const {job, verdict, message, next} of bad)
    lines.push(`✗ ${escapeLine(jobLabel(job))}  ${verdict}: ${escapeLine(`${message ?? ''} — ${next ?? ''}`)}`);
  for (const {job, inputTokens, shown, heldBack} of run.slice(0, 200)) {
    const label = escapeLine(jobLabel(job));
    if (inputTokens === undefined) lines.push(`  ${label}  ${escapeLine(withoutModel(job))}`);
    else
      lines.push(
        `  ${label}  ≈ ${kilo(inputTokens ?? 0)} tokens from ${countOf(shown?.length ?? 0, 'file')} → ${escapeLine(whatItWrites(job))}`,
      );
    for (const file of heldBack ?? []) lines.push(`    held back: ${escapeLine(file)}`);
  }
  if (run.length > 200) lines.push(`  and ${countOf(run.length - 200, 'more job')} (all of them: --json)`);
  for (const task of disabled) lines.push(`  task "${escapeLine(task.name)}" (${task.skill}) is disabled`);
  for (const text of [...overrides, ...notes]) lines.push(`  ${escapeLine(text)}`);
  lines.push(
    '',
    `Will send: ${countOf(
      sum(run, ({shown}) => shown?.length ?? 0),
      'file',
    )}. Held back: ${countOf(
      sum(run, ({heldBack}) => heldBack?.length ?? 0),
      'file',
    )} with secrets. Left out: ${leftOutText(run)}.`,
  );
  lines.push(
    ...leavingText(
      run.map(({job}) => job),
      {push: settings.push, forges: fleet.forges},
    ),
    '',
  );
  return lines.join('\n');
}

function withoutModel({agent}: Job): string {
  return agent === undefined
    ? 'scripts/run of the skill, in the sandbox'
    : `the agent ${agent.name}, with a model of its own`;
}

function whatItWrites(job: Job): string {
  if (job.mode === 'simple') return job.output;
  const output = namedOutput(job);
  return output === undefined ? 'what its skill changes' : `${output}, and what else its skill changes`;
}

function leftOutText(run: readonly PlannedJob[]): string {
  const counts = new Map<string, number>();
  for (const {leftOut} of run) {
    for (const [reason, number] of Object.entries(leftOut ?? {}))
      if (reason !== 'secret') counts.set(reason, (counts.get(reason) ?? 0) + number);
  }
  return counts.size === 0 ? 'nothing' : [...counts].map(([reason, number]) => `${number} ${reason}`).join(', ');
}

function formatRange(jobs: readonly PlannedJob[]): string {
  if (jobs.some(({cost}) => cost?.low === null)) return 'price unknown';
  const low = sum(jobs, ({cost}) => cost?.low ?? 0);
  const high = sum(jobs, ({cost}) => cost?.high ?? 0);
  return high === 0 ? '= 0.0000' : `≈ ${formatUsd(low)} – ${formatUsd(high)}`;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function kilo(tokens: number): string {
  return tokens < 1000 ? String(tokens) : `${(tokens / 1000).toFixed(1)} k`;
}

export function planJson({planned, configuration, warnings, missing}: Plan): unknown {
  const {disabled, settings, overrides, notes} = configuration;
  return {
    jobs: planned.map(({job, verdict, message, next, inputTokens, shown, heldBack, leftOut, cost}) => ({
      job: jobLabel(job),
      task: job.task,
      skill: job.skill,
      repo: job.repo,
      path: job.path ?? null,
      verdict,
      message,
      next,
      mode: job.mode,
      model: job.models[0] ?? null,
      output_file: namedOutput(job) ?? null,
      deliver: job.deliver,
      input_tokens: inputTokens,
      cost_usd: cost,
      files_shown: shown,
      held_back: heldBack,
      left_out: leftOut,
    })),
    disabled,
    overrides,
    notes,
    warnings,
    missing: missing.map(formatProblem),
    budget_usd: settings.budgetUsd ?? null,
    network: settings.sandbox.network,
  };
}
