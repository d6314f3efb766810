import type {Dispatcher} from '../dispatch/dispatcher.ts';
import type {Reporter, RunSummary} from '../domain/event.ts';
import type {Job} from '../domain/job.ts';
import {exitCodeOf, type NotStartedReason, nextStepOf, type Outcome} from '../domain/outcome.ts';
import type {RunRecord} from '../domain/run.ts';
import {knownUsd} from '../domain/usage.ts';
import {budgetThatWouldDo} from './budget-that-would-do.ts';
import {executeJob} from './execute-job.ts';
import type {JobTools} from './job-tools.ts';
import {NotStarted} from './not-started.ts';
import {prepareAhead} from './prepare-ahead.ts';
import type {Preparation} from './prepare-job.ts';
import {summarizeRun} from './summarize-run.ts';

export interface RunJobsOptions {
  readonly run: RunRecord;
  /** Jobs that have not ended. */
  readonly jobs: readonly Job[];
  /** Outcomes of jobs that ended in an earlier part of the run. */
  readonly ended: readonly Outcome[];
  readonly tools: JobTools;
  readonly dispatcher: Dispatcher;
  readonly reporter: Reporter;
  /** Aborts calls in flight. */
  readonly signal: AbortSignal;
  /** Exit code of a run that a signal has ended. */
  readonly interrupted: () => InterruptedCode | undefined;
  /** Called when the run cannot go on, so that calls in flight end. */
  readonly abort: (error: unknown) => void;
}

/** SIGINT and SIGTERM, as shells count them. */
export type InterruptedCode = 130 | 143;

export interface RunEnd {
  readonly state: 'finished' | 'stopped';
  /** That of the process, too: it is decided here and recorded. */
  readonly exitCode: 0 | 1 | InterruptedCode;
  readonly summary: RunSummary;
  readonly parts?: {readonly now: RunSummary; readonly before: RunSummary};
}

/** Executes every job once, tells reporters, and records the end of the run. */
export async function runJobs(options: RunJobsOptions): Promise<RunEnd> {
  const {run, tools, reporter, dispatcher, signal} = options;
  const outcomes: Outcome[] = [...options.ended];
  await dispatcher.dispatch(options.jobs, {
    async prepare(job) {
      tools.gate.checkJob();
      return await prepareAhead(job, tools);
    },
    async execute(job, preparation, answered) {
      const startedAt = tools.clock.now();
      const closed = tools.gate.jobsClosed;
      const begun = closed === undefined ? preparation : preparation.then(prepared => giveBack(prepared, closed));
      if (closed === undefined) reporter.report({type: 'job.started', at: startedAt, job});
      const detail = await executeJob(job, begun, tools, answered, signal).catch(error => {
        options.abort(error);
        throw error;
      });
      outcomes.push(detail.outcome);
      reporter.report({type: 'job.finished', at: tools.clock.now(), job, detail, startedAt});
    },
  });
  await tellShortfall(options, outcomes);
  // A run that the ledger calls ended is not looked at again, so its results have to be complete before.
  const isTold = await reporter.flush?.();
  if (isTold === false) {
    const text = 'not all of log, results and stdout could be written, so the run does not end with exit code 0';
    reporter.report({type: 'run.noted', at: tools.clock.now(), level: 'warn', text});
  }
  const exitCode = options.interrupted() ?? (isTold === false ? 1 : exitCodeOf(outcomes));
  const summary = summarizeRun(outcomes);
  const parts =
    options.ended.length === 0
      ? undefined
      : {now: summarizeRun(outcomes.slice(options.ended.length)), before: summarizeRun(options.ended)};
  const state = tools.gate.jobsClosed === undefined ? 'finished' : 'stopped';
  const reason = tools.gate.jobsClosed ?? tools.gate.callsClosed;
  await tools.ledger.endRun(run.id, {holder: run.holder, state, exitCode, ...(reason === undefined ? {} : {reason})});
  const end = {exitCode, summary, ...(parts === undefined ? {} : {parts})};
  reporter.report({type: 'run.finished', at: tools.clock.now(), run, ...end});
  return {state, ...end};
}

/** What was prepared before the run was told to stop is not begun after it. */
function giveBack(preparation: Preparation, reason: NotStartedReason): never {
  if (preparation.kind === 'ready') preparation.prepared.repo.release();
  throw new NotStarted(reason);
}

/** Why a budget stopped the run, and with how much it would not. */
async function tellShortfall({run, tools, reporter}: RunJobsOptions, outcomes: readonly Outcome[]): Promise<void> {
  const {shortfall} = tools.gate;
  if (shortfall === undefined) return;
  const {scope, limitUsd, worstUsd} = shortfall;
  const {spentUsd} = await tools.ledger.costOfRun(run.id);
  const leftJobs = outcomes.filter(outcome => outcome.status === 'not-started' && outcome.reason === 'budget').length;
  const paidJobs = outcomes.filter(({cost}) => knownUsd(cost) > 0).length;
  const enough = budgetThatWouldDo({spentUsd, paidJobs, leftJobs, worstUsd});
  const next =
    scope === 'run'
      ? `orchestrator resume ${run.id} --budget ${enough.toFixed(2)}`
      : nextStepOf('budget', run.id, shortfall);
  const left = scope === 'run' ? `, ${Math.max(0, limitUsd - spentUsd).toFixed(4)} left` : '';
  const text = `the budget of the ${scope}, ${limitUsd} USD, has no room for the next call, which can cost ${worstUsd.toFixed(4)} USD: ${spentUsd.toFixed(4)} USD spent by this run${left}; to go on: ${next}`;
  reporter.report({type: 'run.noted', at: tools.clock.now(), level: 'warn', text});
}
