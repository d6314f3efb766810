import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {countLeftOut, nameHeldBack} from '../domain/context.ts';
import {wellKnownForges} from '../domain/forge.ts';
import type {Job} from '../domain/job.ts';
import {failureReasons, JobFailure} from '../domain/outcome.ts';
import {formatProblem, type Problem} from '../domain/problem.ts';
import type {Skill} from '../domain/skill.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {openPlanDeliveries} from '../orchestrator/deliveries.ts';
import {openLedger} from '../orchestrator/open-ledger.ts';
import {openMcp} from '../orchestrator/open-mcp.ts';
import {noRun, openRepoTools} from '../orchestrator/repo-tools.ts';
import {checkDelivery} from '../run/deliver-change.ts';
import type {RunConfiguration} from '../run/load-run-configuration.ts';
import {prepareJob} from '../run/prepare-job.ts';
import {mapConcurrently} from '../util/map-concurrently.ts';
import {budgetWarnings} from './budget-warnings.ts';
import {estimateAgentCost} from './estimate-agent-cost.ts';
import {type CostRange, estimateBatchCost, estimateCost, worstCostOf} from './estimate-cost.ts';
import type {Io} from './io.ts';
import {overlapWarnings} from './overlap-warnings.ts';
import {type PlannedJob, planJson, planText} from './plan-text.ts';

export interface DryRunOptions {
  readonly configuration: RunConfiguration;
  readonly jobs: readonly Job[];
  /** What the environment lacks for the run itself. */
  readonly missing: readonly Problem[];
  /** What else is worth knowing before it runs. */
  readonly notes: readonly string[];
  readonly json: boolean;
}

/** Prints what a run would do. Calls no model, writes nothing that stays. */
export async function dryRun(io: Io, {configuration, jobs, missing, notes, json}: DryRunOptions): Promise<number> {
  const hasLedger = existsSync(path.join(io.stateDir, 'state.db'));
  const scratch = mkdtempSync(path.join(tmpdir(), 'orchestrator-plan-'));
  const ledger = openLedger(hasLedger ? io.stateDir : scratch, io.queue);
  const mcp = await openMcp(jobs, configuration.settings.mcp, {
    env: io.env,
    folder: io.stateDir,
  });
  const repos = await openRepoTools(scratch, jobs, mcp === undefined ? noRun : {...noRun, mcp});
  const forges = configuration.fleet.forges ?? wellKnownForges;
  const delivery = openPlanDeliveries({stateDir: scratch, env: io.env, ledger, forges});
  try {
    const skills = new Map(configuration.tasks.map(({skill}) => [skill.name, skill]));
    const planned = await mapConcurrently(jobs, 8, job =>
      planJob(job, skills, {...repos, ledger, delivery}, configuration),
    );
    const warnings = [
      ...missing.map(problem => `for the run: ${formatProblem(problem)}`),
      ...budgetWarnings(
        planned.filter(({verdict}) => verdict === 'run'),
        configuration.settings.budgetUsd,
      ),
      ...overlapWarnings(configuration, jobs),
      ...notes,
    ];
    const plan = {planned, configuration, warnings, missing};
    io.out(json ? `${JSON.stringify(planJson(plan), null, 2)}\n` : planText(plan));
    return 0;
  } finally {
    await mcp?.close();
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
  planned: Job,
  skills: ReadonlyMap<string, Skill>,
  tools: PlanTools,
  configuration: RunConfiguration,
): Promise<PlannedJob> {
  const skill = skills.get(planned.skill)!;
  try {
    const preparation = await prepareJob(planned, {...tools, skill: () => skill});
    if (preparation.kind === 'ended') return {job: planned, verdict: 'up-to-date'};
    const {job, repo, built} = preparation.prepared;
    await checkDelivery(preparation.prepared, tools.delivery, {isPlan: true}).finally(() => repo.release());
    const request = tools.mode(job.mode).preview({job, skill, ...built});
    if (request === undefined) return {job, verdict: 'run', cost: costWithoutModel(job)};
    const inputTokens = tools.countTokens(request);
    const {batch} = configuration.settings;
    const estimate = job.mode === 'agent' ? estimateAgentCost : batch ? estimateBatchCost : estimateCost;
    const worstUsd = await worstCostOf(job, inputTokens, configuration.models, batch);
    return {
      job,
      verdict: 'run',
      inputTokens,
      shown: built.context.files.map(({path: file, cut}) => ({path: file, cut})),
      heldBack: nameHeldBack(built.context.leftOut),
      leftOut: countLeftOut(built.context.leftOut),
      cost: await estimate(job, inputTokens, configuration.models, tools.ledger),
      ...(worstUsd === undefined ? {} : {worstUsd}),
    };
  } catch (error) {
    if (error instanceof JobFailure) {
      const {reason, message, next = failureReasons[reason].next} = error.failure;
      return {job: planned, verdict: reason, message, next};
    }
    throw error;
  }
}

function costWithoutModel({agent}: Job): CostRange {
  return agent === undefined
    ? {low: 0, high: 0, basis: 'a script costs nothing'}
    : {low: null, high: null, basis: `what the agent ${agent.name} costs is not known before`};
}
