import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {countLeftOut, nameHeldBack} from '../domain/context.ts';
import {wellKnownForges} from '../domain/forge.ts';
import {type Job, jobLabel} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {Skill} from '../domain/skill.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {openPlanDeliveries} from '../orchestrator/deliveries.ts';
import {openLedger} from '../orchestrator/open-ledger.ts';
import {openRepoTools} from '../orchestrator/repo-tools.ts';
import {checkDelivery} from '../run/deliver-change.ts';
import type {RunConfiguration} from '../run/load-run-configuration.ts';
import {prepareJob} from '../run/prepare-job.ts';
import {count} from '../util/count.ts';
import {escapeLine} from '../util/escape-text.ts';
import {formatLimit, formatUsd} from '../util/format-usd.ts';
import {mapConcurrently} from '../util/map-concurrently.ts';
import {type CostRange, estimateBatchCost, estimateCost} from './estimate-cost.ts';
import type {Io} from './io.ts';
import {leavingText} from './leaving-text.ts';

interface PlannedJob {
  readonly job: Job;
  /** `run`, `up-to-date`, or the reason why it will fail. */
  readonly verdict: string;
  readonly message?: string;
  readonly inputTokens?: number;
  readonly shown?: readonly {path: string; cut: boolean}[];
  readonly heldBack?: readonly string[];
  readonly leftOut?: Readonly<Record<string, number>>;
  readonly cost?: CostRange;
}

export interface DryRunOptions {
  readonly configuration: RunConfiguration;
  readonly jobs: readonly Job[];
  readonly json: boolean;
}

/** Prints what a run would do. Calls no model, writes nothing that stays. */
export async function dryRun(io: Io, {configuration, jobs, json}: DryRunOptions): Promise<number> {
  const hasLedger = existsSync(path.join(io.stateDir, 'state.db'));
  const scratch = mkdtempSync(path.join(tmpdir(), 'orchestrator-plan-'));
  const ledger = openLedger(hasLedger ? io.stateDir : scratch, io.queue);
  const repos = await openRepoTools(scratch, jobs);
  const forges = configuration.fleet.forges ?? wellKnownForges;
  const delivery = openPlanDeliveries({stateDir: scratch, env: io.env, ledger, forges});
  try {
    const skills = new Map(configuration.tasks.map(({skill}) => [skill.name, skill]));
    const planned = await mapConcurrently(jobs, 8, job =>
      planJob(job, skills, {...repos, ledger, delivery}, configuration),
    );
    io.out(json ? `${JSON.stringify(toJson(planned, configuration), null, 2)}\n` : toText(planned, configuration));
    return 0;
  } finally {
    await repos.close();
    await ledger.close();
    rmSync(scratch, {recursive: true, force: true});
  }
}

type PlanTools = Awaited<ReturnType<typeof openRepoTools>> & {
  readonly ledger: Ledger;
  readonly delivery: ReturnType<typeof openPlanDeliveries>;
};

async function planJob(
  job: Job,
  skills: ReadonlyMap<string, Skill>,
  tools: PlanTools,
  configuration: RunConfiguration,
): Promise<PlannedJob> {
  const skill = skills.get(job.skill)!;
  try {
    const preparation = await prepareJob(job, {...tools, skill: () => skill});
    if (preparation.kind === 'ended') return {job, verdict: 'up-to-date'};
    const {repo, built} = preparation.prepared;
    await checkDelivery(preparation.prepared, tools.delivery, {isPlan: true}).finally(() => repo.release());
    const request = tools.mode(job.mode).preview({job, skill, context: built.context});
    if (request === undefined) return {job, verdict: 'run', cost: {low: 0, high: 0, basis: 'a script costs nothing'}};
    const inputTokens = tools.countTokens(request);
    const estimate = configuration.settings.batch ? estimateBatchCost : estimateCost;
    return {
      job,
      verdict: 'run',
      inputTokens,
      shown: built.context.files.map(({path: file, cut}) => ({path: file, cut})),
      heldBack: nameHeldBack(built.context.leftOut),
      leftOut: countLeftOut(built.context.leftOut),
      cost: await estimate(job, inputTokens, configuration.models, tools.ledger),
    };
  } catch (error) {
    if (error instanceof JobFailure) return {job, verdict: error.failure.reason, message: error.failure.message};
    throw error;
  }
}

function toJson(planned: readonly PlannedJob[], {disabled, settings, overrides, fleet}: RunConfiguration): unknown {
  return {
    jobs: planned.map(({job, verdict, message, inputTokens, shown, heldBack, leftOut, cost}) => ({
      job: jobLabel(job),
      task: job.task,
      skill: job.skill,
      repo: job.repo,
      path: job.path ?? null,
      verdict,
      message,
      mode: job.mode,
      model: job.models[0] ?? null,
      output_file: job.output,
      deliver: job.deliver,
      input_tokens: inputTokens,
      cost_usd: cost,
      files_shown: shown,
      held_back: heldBack,
      left_out: leftOut,
    })),
    disabled,
    overrides,
    notes: fleet.notes ?? [],
    budget_usd: settings.budgetUsd ?? null,
  };
}

function toText(planned: readonly PlannedJob[], {disabled, settings, overrides, fleet}: RunConfiguration): string {
  const run = planned.filter(({verdict}) => verdict === 'run');
  const same = planned.filter(({verdict}) => verdict === 'up-to-date');
  const bad = planned.filter(({verdict}) => verdict !== 'run' && verdict !== 'up-to-date');
  const lines = [
    `${count(planned.length, 'job')}     ${run.length} run · ${same.length} up to date · ${bad.length} will fail`,
    '',
  ];
  lines.push('SKILL                 JOBS      INPUT  EST. COST USD            MODEL');
  for (const skill of new Set(run.map(({job}) => job.skill))) {
    const jobs = run.filter(({job}) => job.skill === skill);
    const tokens = jobs.reduce((sum, {inputTokens}) => sum + (inputTokens ?? 0), 0);
    lines.push(
      `${skill.padEnd(20)} ${String(jobs.length).padStart(5)} ${`≈ ${kilo(tokens)}`.padStart(10)}  ${formatRange(jobs).padEnd(23)}  ${[...new Set(jobs.map(({job}) => job.models.join(', ')))].join('; ')}`,
    );
  }
  const basis = [...new Set(run.flatMap(({cost}) => (cost === undefined ? [] : [cost.basis])))];
  if (basis.length > 0) lines.push(`Basis: ${basis.join('; ')}.`);
  if (settings.budgetUsd !== undefined)
    lines.push(`Budget: ${formatLimit(settings.budgetUsd)} USD; calls stop before it could be passed.`);
  lines.push('');
  for (const {job, verdict, message} of bad)
    lines.push(`✗ ${escapeLine(jobLabel(job))}  ${verdict}: ${escapeLine(message ?? '')}`);
  for (const {job, inputTokens, shown, heldBack} of run.slice(0, 200)) {
    if (inputTokens === undefined)
      lines.push(`  ${escapeLine(jobLabel(job))}  scripts/run of the skill, in the sandbox`);
    else
      lines.push(
        `  ${escapeLine(jobLabel(job))}  ≈ ${kilo(inputTokens ?? 0)} tokens from ${shown?.length ?? 0} files → ${escapeLine(job.output)}`,
      );
    for (const file of heldBack ?? []) lines.push(`    held back: ${escapeLine(file)}`);
  }
  if (run.length > 200) lines.push(`  and ${run.length - 200} more jobs (all of them: --json)`);
  for (const task of disabled) lines.push(`  task "${escapeLine(task.name)}" (${task.skill}) is disabled`);
  for (const text of [...overrides, ...(fleet.notes ?? [])]) lines.push(`  ${escapeLine(text)}`);
  lines.push(
    '',
    `Will send: ${sum(run, ({shown}) => shown?.length ?? 0)} files. Held back: ${sum(run, ({heldBack}) => heldBack?.length ?? 0)} files with secrets. Left out: ${leftOutText(run)}.`,
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
