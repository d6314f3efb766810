import {OrchestratorError} from '../domain/errors.ts';
import type {Reporter, RunEvent, RunSummary} from '../domain/event.ts';
import type {JobRecord, RunRecord} from '../domain/run.ts';
import type {SharedLedger} from '../ledger/shared-ledger.ts';
import {formatParts, formatSummary} from '../report/log-line.ts';
import {describeObstacles} from '../run/queue-obstacles.ts';
import type {RunSettings} from '../run/run-settings.ts';
import {summarizeRun} from '../run/summarize-run.ts';
import type {Clock} from '../util/clock.ts';
import {endWithoutWorkers} from './end-queued-run.ts';
import type {Io} from './io.ts';
import {queueFlag} from './queue-flag.ts';
import {openReporters} from './reporters.ts';

export interface FollowOptions {
  readonly ledger: SharedLedger;
  readonly clock: Clock;
  readonly run: RunRecord;
  readonly records: readonly JobRecord[];
  readonly notes: readonly string[];
  readonly resumed: boolean;
  readonly json: boolean;
}

const pollMs = 500;
const tendMs = 5_000;
/** Jobs are recorded by many machines, whose transactions may end in another order than they say. */
const overlapMs = 30_000;

/** Shows a run that workers execute as if it ran here, with log and results file, until it ends. Its exit code. */
export async function followRun(io: Io, options: FollowOptions): Promise<number> {
  const {run, records, json} = options;
  const {budgetUsd, logMaxBytes} = run.settings as RunSettings;
  const reporter = await openReporters(io, {
    run,
    records,
    json,
    ...(budgetUsd === undefined ? {} : {budgetUsd}),
    ...(logMaxBytes === undefined ? {} : {logMaxBytes}),
  });
  const leaving = leaveOnSignal();
  const flag = queueFlag(io);
  let end: FollowedEnd;
  try {
    end = await follow(io, reporter, options, leaving.signal);
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    io.err(
      `orchestrator: ${run.id} goes on without this process; watch: orchestrator status --watch${flag}; stop: orchestrator stop ${run.id}${flag}\n`,
    );
    return leaving.exitCode();
  } finally {
    leaving.close();
    await reporter.close();
  }
  if (io.outIsTerminal && io.errIsTerminal && !json) {
    const {endText} = await import('./execute.ts');
    io.out(await endText(options.ledger, run, formatSummary(end.summary) + formatParts(end.parts), flag));
  }
  return end.exitCode;
}

type FollowedEnd = Pick<Extract<RunEvent, {type: 'run.finished'}>, 'exitCode' | 'summary' | 'parts'>;

async function follow(io: Io, reporter: Reporter, options: FollowOptions, signal: AbortSignal): Promise<FollowedEnd> {
  const {ledger, clock, run, records} = options;
  const open = records.filter(({state}) => state !== 'ended').length;
  const before = records.flatMap(({detail}) => detail?.outcome ?? []);
  const {costUsd: spentUsd} = summarizeRun(before);
  reporter.report({type: 'run.started', at: clock.now(), run, jobs: open, resumed: options.resumed, spentUsd});
  for (const text of options.notes) reporter.report({type: 'run.noted', at: clock.now(), level: 'info', text});
  let known = new Set<string>();
  let nextTend = 0;
  const endedBefore = new Set(records.flatMap(({state, job}) => (state === 'ended' ? [job.id] : [])));
  const ended = new Set(endedBefore);
  const started = new Set<string>();
  let since = clock.now();
  let isReachable = true;
  for (;;) {
    try {
      const current = await ledger.run(run.id);
      const isOver = current === undefined || current.state !== 'running';
      const now = clock.now();
      await look(isOver ? 0 : since - overlapMs);
      since = now;
      if (!isReachable) note('the queue database answers again');
      isReachable = true;
      if (isOver) return await tellEnd(current);
      if (now >= nextTend) await tend(current);
    } catch (error) {
      if (!(error instanceof OrchestratorError)) throw error;
      // The workers have the run; it can be followed again later.
      if (isReachable) note(`${error.message}; waiting for it`);
      isReachable = false;
    }
    await clock.sleep(pollMs, signal);
  }

  async function look(endedAfter: number): Promise<void> {
    for (const record of await ledger.jobs(run.id, {state: 'running'})) tellStart(record);
    const ids = (await ledger.endedSince(run.id, endedAfter)).filter(id => !ended.has(id));
    for (const record of await ledger.jobsById(run.id, ids)) {
      const {job, detail, endedAt = clock.now(), startedAt = endedAt, worker} = record;
      if (detail === undefined) continue;
      ended.add(job.id);
      tellStart(record);
      const of = worker === undefined ? {} : {worker};
      reporter.report({type: 'job.finished', at: endedAt, job, detail, startedAt, ...of});
    }
  }

  function tellStart({job, startedAt = clock.now()}: JobRecord): void {
    if (started.has(job.id)) return;
    started.add(job.id);
    reporter.report({type: 'job.started', at: startedAt, job});
  }

  /** Says what keeps jobs waiting, and does what no worker is there to do. */
  async function tend(current: RunRecord): Promise<void> {
    nextTend = clock.now() + tendMs;
    const workers = await ledger.workers();
    const none = workers.length === 0 ? ['no worker is alive; start one with: orchestrator worker --queue URL'] : [];
    const lines = [...none, ...describeObstacles(run.id, await ledger.waitingJobs(run.id), workers)];
    for (const line of lines) if (!known.has(line)) note(line);
    known = new Set(lines);
    // Its end is told below, as if a worker had recorded it.
    const reporterFor = (): Reporter => ({
      ...reporter,
      report: event => void (event.type === 'run.noted' && reporter.report(event)),
    });
    await endWithoutWorkers(io, ledger, current, {nowMs: clock.now(), reporterFor});
  }

  async function tellEnd(current: RunRecord | undefined): Promise<FollowedEnd> {
    await reporter.flush?.();
    const exitCode = current?.exitCode ?? 1;
    const records = await ledger.jobs(run.id, {state: 'ended'});
    const summarize = (some: readonly JobRecord[]): RunSummary =>
      summarizeRun(some.flatMap(({detail}) => detail?.outcome ?? []));
    const summary = summarize(records);
    const now = summarize(records.filter(({job}) => !endedBefore.has(job.id)));
    const end = {exitCode, summary, ...(before.length === 0 ? {} : {parts: {now, before: summarizeRun(before)}})};
    reporter.report({type: 'run.finished', at: current?.endedAt ?? clock.now(), run, ...end});
    return end;
  }

  function note(text: string): void {
    reporter.report({type: 'run.noted', at: clock.now(), level: 'warn', text});
  }
}

/** What the first signal does: the workers go on, and this process leaves. */
function leaveOnSignal(): {signal: AbortSignal; exitCode(): number; close(): void} {
  const left = new AbortController();
  let exitCode = 130;
  const onInterrupt = (): void => left.abort();
  const onTerminate = (): void => {
    exitCode = 143;
    left.abort();
  };
  const onHangUp = (): void => {};
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate).on('SIGHUP', onHangUp);
  return {
    signal: left.signal,
    exitCode: () => exitCode,
    close: () => void process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate).off('SIGHUP', onHangUp),
  };
}
