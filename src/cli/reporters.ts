import path from 'node:path';
import type {Reporter, RunEvent, RunSummary} from '../domain/event.ts';
import {jobLabel} from '../domain/job.ts';
import type {JobRecord, RunRecord} from '../domain/run.ts';
import {LogFile} from '../report/log-file.ts';
import {formatLogLine} from '../report/log-line.ts';
import {toResultRow} from '../report/result-row.ts';
import {ResultsFile} from '../report/results-file.ts';
import {rotateLog} from '../report/rotate-log.ts';
import {makeFolder} from '../util/make-folder.ts';
import type {Io} from './io.ts';
import {type TraceSettings, traceSettings} from './trace-settings.ts';

export interface ReporterOptions {
  readonly run: RunRecord;
  readonly records: readonly JobRecord[];
  readonly json: boolean;
  readonly budgetUsd?: number;
  /** Beyond it the log that was asked for is set aside first. */
  readonly logMaxBytes?: number;
}

/** The log of a run in the state folder; `logs` reads it. */
export function runLogFile(stateDir: string, runId: string): string {
  return path.join(stateDir, 'runs', runId, 'log');
}

/** Everything that listens to a run: results file, its own log, the log asked for, and the terminal or plain lines. */
export async function openReporters(io: Io, options: ReporterOptions): Promise<Reporter> {
  const {run, records} = options;
  const traces = traceSettings(io.env);
  makeStateFolder(io.stateDir);
  const rotation = run.logFile === undefined ? undefined : rotate(run.logFile, options.logMaxBytes);
  const reporters: Reporter[] = [
    await ResultsFile.open(run.resultsFile, run.id, records),
    new LogFile(runLogFile(io.stateDir, run.id), run.id, 0o700),
    ...(run.logFile === undefined ? [] : [new LogFile(run.logFile, run.id, folderModeOf(run.logFile, io))]),
    await talk(io, options),
    ...(await openTraces(traces)),
  ];
  const notes = [rotation, traces.fault === undefined ? undefined : warning(traces.fault)];
  for (const note of notes) if (note !== undefined) for (const reporter of reporters) reporter.report(note);
  return {
    report(event) {
      for (const reporter of reporters) reporter.report(event);
    },
    async flush() {
      const flushed = await Promise.all(reporters.map(reporter => reporter.flush?.()));
      return !flushed.includes(false);
    },
    async close() {
      const results = await Promise.allSettled(reporters.map(reporter => reporter.close()));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  };
}

/** For its owner alone, before it is made on the way to a log below it. */
function makeStateFolder(stateDir: string): void {
  try {
    makeFolder(stateDir, 0o700);
  } catch {
    // The log says what is wrong with it.
  }
}

/** What is in the state folder is for its owner alone; other folders are as their owner makes them. */
function folderModeOf(file: string, {stateDir}: Io): number | undefined {
  return path.relative(stateDir, file).startsWith('..') ? undefined : 0o700;
}

/** What went wrong, when something did: an old log that cannot be moved keeps no run from starting. */
function rotate(file: string, maxBytes = Number.POSITIVE_INFINITY): RunEvent | undefined {
  try {
    rotateLog(file, maxBytes);
    return undefined;
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    return warning(`the log file is larger than log_max_mb and cannot be set aside (${code}); it goes on growing`);
  }
}

function warning(text: string): RunEvent {
  return {type: 'run.noted', at: Date.now(), level: 'warn', text};
}

/** Spans, where the environment names a collector. */
async function openTraces({url, serviceName}: TraceSettings): Promise<Reporter[]> {
  if (url === undefined) return [];
  const {Traces} = await import('../report/traces.ts');
  return [new Traces(url, serviceName)];
}

async function talk(io: Io, {run, json, budgetUsd}: ReporterOptions): Promise<Reporter> {
  if (json) return lines(io, event => `${JSON.stringify(toJsonEvent(run.id, event))}\n`);
  if (!io.outIsTerminal || !io.errIsTerminal) return lines(io, event => `${formatLogLine(run.id, event)}\n`);
  const {LiveView} = await import('../report/live-view.ts');
  return new LiveView({
    write: io.err,
    size: io.size,
    now: () => Date.now(),
    color: io.color,
    ...(budgetUsd === undefined ? {} : {budgetUsd}),
  });
}

function lines({out, outFault}: Io, render: (event: RunEvent) => string): Reporter {
  return {
    report: event => out(render(event)),
    flush: async () => (await outFault?.()) === undefined,
    close: async () => {},
  };
}

function toJsonSummary({upToDate, notStarted, costUsd, costUnknown, ...counts}: RunSummary): Record<string, number> {
  return {...counts, up_to_date: upToDate, not_started: notStarted, cost_usd: costUsd, cost_unknown: costUnknown};
}

/** Metadata only: text of models and repos stays out of what a program reads. */
function toJsonEvent(runId: string, event: RunEvent): Record<string, unknown> {
  const head = {event: event.type, time: new Date(event.at).toISOString(), run: runId};
  switch (event.type) {
    case 'run.started':
      return {
        ...head,
        jobs: event.jobs,
        resumed: event.resumed,
        results_file: event.run.resultsFile,
        log_file: event.run.logFile ?? null,
        pid: event.run.holder.pid,
      };
    case 'run.noted':
      return {...head, level: event.level, text: event.text};
    case 'job.started':
      return {...head, job: jobLabel(event.job)};
    case 'job.retrying':
      return {...head, job: jobLabel(event.job), cause: event.cause, wait_ms: event.waitMs};
    case 'turn.finished':
      return {
        ...head,
        job: jobLabel(event.job),
        turn: event.turn,
        tools: event.tools.map(({name}) => name),
        recorded: event.replayed,
      };
    case 'job.finished':
      return {
        ...head,
        ...toResultRow(runId, {
          job: event.job,
          state: 'ended',
          detail: event.detail,
          startedAt: event.startedAt,
          endedAt: event.at,
          ...(event.worker === undefined ? {} : {worker: event.worker}),
        }),
      };
    case 'run.finished':
      return {
        ...head,
        exit_code: event.exitCode,
        summary: toJsonSummary(event.summary),
        ...(event.parts === undefined ? {} : {this_time: toJsonSummary(event.parts.now)}),
      };
    default:
      return event satisfies never;
  }
}
