import type {Dispatcher} from '../dispatch/dispatcher.ts';
import type {Reporter, RunSummary} from '../domain/event.ts';
import type {Job} from '../domain/job.ts';
import {exitCodeOf, type Outcome} from '../domain/outcome.ts';
import type {RunRecord} from '../domain/run.ts';
import {executeJob} from './execute-job.ts';
import type {JobTools} from './job-tools.ts';
import {prepareJob} from './prepare-job.ts';
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
      return await prepareJob(job, tools);
    },
    async execute(job, preparation, answered) {
      const startedAt = tools.clock.now();
      reporter.report({type: 'job.started', at: startedAt, job});
      const detail = await executeJob(job, preparation, tools, answered, signal).catch(error => {
        options.abort(error);
        throw error;
      });
      outcomes.push(detail.outcome);
      reporter.report({type: 'job.finished', at: tools.clock.now(), job, detail, startedAt});
    },
  });
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
