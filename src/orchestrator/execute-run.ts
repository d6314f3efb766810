import type {Dispatcher} from '../dispatch/dispatcher.ts';
import type {Reporter} from '../domain/event.ts';
import type {Job} from '../domain/job.ts';
import type {Outcome} from '../domain/outcome.ts';
import type {RunRecord} from '../domain/run.ts';
import type {Skill} from '../domain/skill.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {BatchTimes, GroupLimits} from '../run/batch-times.ts';
import type {JobTools} from '../run/job-tools.ts';
import type {InterruptedCode, RunEnd} from '../run/run-jobs.ts';
import type {RunSettings} from '../run/run-settings.ts';
import type {StartedThreads} from './context/start-context-threads.ts';
import type {Env} from './env.ts';
import {openBatchModels} from './open-models.ts';
import {openRunSession, type RunSession} from './run-session.ts';

export interface ExecuteRunOptions {
  readonly ledger: Ledger;
  readonly run: RunRecord;
  readonly settings: RunSettings;
  /** Jobs to execute, in the order of the plan. */
  readonly jobs: readonly Job[];
  /** Outcomes of jobs that ended earlier and stay. */
  readonly ended: readonly Outcome[];
  readonly skills: ReadonlyMap<string, Skill>;
  readonly stateDir: string;
  readonly env: Env;
  readonly reporter: Reporter;
  /** Those that were started for it already. */
  readonly contextThreads?: StartedThreads;
  readonly batchBounds: BatchTimes & GroupLimits;
  /** Exit code of a run that a signal has ended. */
  readonly interrupted: () => InterruptedCode | undefined;
  /** Gets the handle by which signals stop the run. */
  readonly onSteering: (steering: {stop(text: string): void; stopNow(text: string): void}) => void;
}

/** Executes the jobs of a recorded run on this machine, to its recorded end. */
export async function executeRun(options: ExecuteRunOptions): Promise<RunEnd> {
  const {ledger, run, settings, jobs, reporter} = options;
  const [{runJobs}, {createLocalDispatcher}] = await Promise.all([
    import('../run/run-jobs.ts'),
    import('../dispatch/local.ts'),
  ]);
  let refresh = (): void => {};
  const session = await openRunSession({...options, onChange: () => refresh()});
  const {steering, gate} = session;
  const local = createLocalDispatcher({
    maxWorkers: () => (steering.control.paused && gate.jobsClosed === undefined ? 0 : session.maxWorkers()),
    parallel: settings.parallel,
  });
  refresh = () => local.refresh();
  const single = {tools: session.toolsFor(ledger), dispatcher: local};
  const {tools, dispatcher} = settings.batch ? await inBatches(single, session, options) : single;
  options.onSteering({
    stop: text => steering.stop('stopped', text),
    stopNow: text => steering.stopNow('stopped', text),
  });
  try {
    return await runJobs({
      run,
      jobs,
      ended: options.ended,
      tools,
      dispatcher,
      reporter,
      signal: steering.signal,
      interrupted: options.interrupted,
      abort: error =>
        steering.stopNow('stopped', `the run cannot go on: ${error instanceof Error ? error.message : String(error)}`),
    });
  } finally {
    await session.close();
  }
}

async function inBatches(
  single: {tools: JobTools; dispatcher: Dispatcher},
  {payingFor, steering}: RunSession,
  {ledger, env, settings, reporter, batchBounds}: ExecuteRunOptions,
): Promise<typeof single> {
  const [{withBatches}, models] = await Promise.all([
    import('../dispatch/with-batches.ts'),
    openBatchModels(env, settings.models),
  ]);
  return withBatches({
    ...single,
    paying: payingFor(ledger),
    models,
    reporter,
    times: batchBounds,
    limits: batchBounds,
    signal: steering.signal,
    isStopNow: () => steering.control.stop === 'now',
  });
}
