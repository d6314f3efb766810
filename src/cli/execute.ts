import {OrchestratorError} from '../domain/errors.ts';
import type {Reporter} from '../domain/event.ts';
import {type Job, jobLabel} from '../domain/job.ts';
import {type EndStatus, endStatus} from '../domain/outcome.ts';
import type {JobRecord, RunRecord} from '../domain/run.ts';
import type {Skill} from '../domain/skill.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {StartedThreads} from '../orchestrator/context/start-context-threads.ts';
import {executeRun} from '../orchestrator/execute-run.ts';
import {describeOutcome, formatParts, formatSummary} from '../report/log-line.ts';
import type {InterruptedCode} from '../run/run-jobs.ts';
import type {RunSettings} from '../run/run-settings.ts';
import {summarizeRun} from '../run/summarize-run.ts';
import {escapeLine} from '../util/escape-text.ts';
import {batchBounds} from './batch-bounds.ts';
import type {Io} from './io.ts';
import {notifyEnd} from './notify-end.ts';
import {openReporters} from './reporters.ts';
import {resumeCommand} from './resume-command.ts';

export interface ExecuteOptions {
  readonly ledger: Ledger;
  readonly run: RunRecord;
  readonly settings: RunSettings;
  /** Every job of the run, in the order of the plan. */
  readonly records: readonly JobRecord[];
  readonly skills: ReadonlyMap<string, Skill>;
  readonly notes: readonly string[];
  readonly resumed: boolean;
  readonly json: boolean;
  readonly contextThreads?: StartedThreads;
}

/** Runs what has not ended, listens to signals, prints the end. Returns the exit code. */
export async function execute(io: Io, options: ExecuteOptions): Promise<number> {
  const {ledger, run, settings, records, json} = options;
  const jobs: Job[] = records.filter(record => record.state !== 'ended').map(record => record.job);
  const ended = records.flatMap(record =>
    record.state === 'ended' && record.detail !== undefined ? [record.detail.outcome] : [],
  );
  const budgetUsd = run.control.budgetUsd ?? settings.budgetUsd;
  const signals = new Signals();
  let reporter: Reporter | undefined;
  try {
    reporter = await openReporters(io, {
      run,
      records,
      json,
      ...(budgetUsd === undefined ? {} : {budgetUsd}),
      ...(settings.logMaxBytes === undefined ? {} : {logMaxBytes: settings.logMaxBytes}),
    });
    const {costUsd: spentUsd} = summarizeRun(ended);
    reporter.report({type: 'run.started', at: Date.now(), run, jobs: jobs.length, resumed: options.resumed, spentUsd});
    for (const text of options.notes) reporter.report({type: 'run.noted', at: Date.now(), level: 'info', text});
    const end = await executeRun({
      ledger,
      run,
      settings,
      jobs,
      ended,
      skills: options.skills,
      stateDir: io.stateDir,
      env: io.env,
      batchBounds: batchBounds(io.env),
      ...(options.contextThreads === undefined ? {} : {contextThreads: options.contextThreads}),
      reporter,
      interrupted: () => signals.exitCode,
      onSteering: steering => signals.connect(steering),
    });
    const {exitCode} = end;
    await notifyEnd(io, {run, settings, ledger, reporter, exitCode, summary: end.summary});
    const isReported = await closeReporter(io, reporter);
    reporter = undefined;
    if (io.outIsTerminal && io.errIsTerminal && !json) {
      io.out(await endText(ledger, run, formatSummary(end.summary) + formatParts(end.parts)));
    }
    return isReported || exitCode !== 0 ? exitCode : 1;
  } catch (error) {
    if (!(error instanceof OrchestratorError)) throw error;
    if (reporter === undefined) {
      await ledger.endRun(run.id, {holder: run.holder, state: 'stopped', exitCode: 2, reason: error.code});
      throw error;
    }
    // The run has begun: it is not a start that failed, and whatever ended is recorded.
    io.err(errorLine(error));
    await notifyEnd(io, {run, settings, ledger, reporter, exitCode: signals.exitCode ?? 1, brokenOff: error.code});
    return signals.exitCode ?? 1;
  } finally {
    if (reporter !== undefined) await closeReporter(io, reporter);
    signals.close();
  }
}

/** False when not all of it could be written; said on stderr, since the jobs and the ledger are not to blame. */
async function closeReporter(io: Io, reporter: Reporter): Promise<boolean> {
  try {
    await reporter.close();
    return true;
  } catch (error) {
    if (!(error instanceof OrchestratorError)) throw error;
    io.err(errorLine(error));
    return false;
  }
}

function errorLine({message, hint}: OrchestratorError): string {
  return `orchestrator: ${message}${hint === undefined ? '' : `; ${hint}`}\n`;
}

/** What stands on a terminal after a run. `flag` goes behind the commands that come next. */
export async function endText(ledger: Ledger, run: RunRecord, summary: string, flag = ''): Promise<string> {
  const records = await ledger.jobs(run.id);
  const ofStatus = (...wanted: EndStatus[]): JobRecord[] =>
    records.filter(({detail}) => detail !== undefined && wanted.includes(endStatus(detail.outcome)));
  const [bad, left] = [ofStatus('failed'), ofStatus('not-started')];
  const [held, good] = [ofStatus('held'), ofStatus('changed')];
  const line = (record: JobRecord): string =>
    `  ${escapeLine(jobLabel(record.job))}  ${record.detail === undefined ? '' : describeOutcome(record.detail.outcome)}\n`;
  const next = [
    ...(left.length > 0 ? [await resumeCommand(ledger, run)] : []),
    ...(held.length > 0 ? ['orchestrator review'] : []),
    ...(bad.length > 0 ? [`orchestrator failures ${run.id}`] : []),
    ...(bad.length > 0 && left.length === 0 ? [`orchestrator retry ${run.id}`] : []),
  ];
  const shown = 20;
  const more = (list: readonly unknown[]): string => (list.length > shown ? `  and ${list.length - shown} more\n` : '');
  return [
    ...bad.slice(0, shown).map(record => `✗${line(record)}`),
    more(bad),
    ...held.slice(0, shown).map(record => `!${line(record)}`),
    more(held),
    ...left.slice(0, shown).map(record => `·${line(record)}`),
    more(left),
    ...good.slice(0, shown).map(record => `✓${line(record)}`),
    more(good),
    `${run.id}  ${summary}\n`,
    `results  ${escapeLine(run.resultsFile)}\n`,
    ...(next.length > 0 ? [`next     ${next.map(command => command + flag).join('; ')}\n`] : []),
  ].join('');
}

type Steering = {stop(text: string): void; stopNow(text: string): void};

const exitCodes = {SIGINT: 130, SIGTERM: 143} as const;

/** The first SIGINT or SIGTERM lets calls in flight end, the second stops at once; SIGHUP is survived. */
class Signals {
  exitCode: InterruptedCode | undefined;
  #steering: Steering | undefined;
  #waiting: (() => void)[] = [];
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const isFirst = this.exitCode === undefined;
    this.exitCode ??= exitCodes[signal as keyof typeof exitCodes];
    const act = (): void =>
      isFirst
        ? this.#steering?.stop(`${signal}: no new job, calls in flight may end; once more to stop at once`)
        : this.#steering?.stopNow(`${signal} again: stopping at once`);
    if (this.#steering === undefined) this.#waiting.push(act);
    else act();
    if (!isFirst) {
      // Whatever hangs: the ledger is safe at any point, so the second signal always ends the process.
      setTimeout(() => process.exit(this.exitCode), 1_500).unref();
    }
  };
  readonly #onHangUp = (): void => {};

  constructor() {
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
    process.on('SIGHUP', this.#onHangUp);
  }

  connect(steering: Steering): void {
    this.#steering = steering;
    for (const act of this.#waiting) act();
    this.#waiting = [];
  }

  close(): void {
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
    process.off('SIGHUP', this.#onHangUp);
  }
}
