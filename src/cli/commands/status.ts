import {existsSync} from 'node:fs';
import path from 'node:path';
import {jobLabel} from '../../domain/job.ts';
import type {RunRecord} from '../../domain/run.ts';
import type {Ledger, LiveWorker} from '../../ledger/ledger.ts';
import {findMissedRuns, type MissedRun} from '../../run/find-missed-runs.ts';
import {readRunDetails} from '../../run/read-run-view.ts';
import {systemClock} from '../../util/clock.ts';
import {noRunsYet, noSuchRun, withLedger} from '../existing-ledger.ts';
import {findRun} from '../find-run.ts';
import type {Io} from '../io.ts';
import {missedLine, toMissedJson} from '../missed-runs.ts';
import {queueFlag} from '../queue-flag.ts';
import {runLogFile} from '../reporters.ts';
import {resumeCommand} from '../resume-command.ts';
import {toRunJson} from '../run-view.ts';
import {nextSteps, type ShownRun, type StatusPlaces, statusIndent, statusLine, statusLines} from '../status-text.ts';

export interface StatusOptions {
  readonly json?: true;
  readonly watch?: true;
}

/** One screen: what goes on, what was interrupted, how the last run ended, what to do next. */
export async function status(io: Io, id: string | undefined, options: StatusOptions): Promise<number> {
  return await withLedger(
    io,
    async ledger => {
      if (options.watch) return await watch(io, ledger, id, options);
      const missed = id === undefined ? await findMissed(io, ledger) : [];
      await print(io, await look(ledger, id), missed, id, options);
      return 0;
    },
    async () => {
      if (id !== undefined) throw noSuchRun(id);
      const missed = await findMissed(io, undefined);
      if (options.json) {
        const none = {
          running: [],
          interrupted: [],
          last: null,
          missed: missed.map(toMissedJson),
          next: ['orchestrator demo'],
        };
        io.out(`${JSON.stringify(none, undefined, 2)}\n`);
      } else await print(io, [], missed, id, options);
      return 0;
    },
  );
}

/** Starts that did not come: of what says how often it is expected, and of schedules of this machine and of the queue. */
async function findMissed(io: Io, ledger: Ledger | undefined): Promise<readonly MissedRun[]> {
  const now = systemClock.now();
  const missed = ledger === undefined ? [] : await findMissedRuns(ledger, now);
  const isScheduledHere = existsSync(path.join(io.stateDir, 'schedules.json'));
  if (!isScheduledHere && io.queue === undefined) return missed;
  const {findMissedStarts, findMissedQueueStarts} = await import('../schedule/missed-starts.ts');
  const starts = [
    ...(isScheduledHere ? await findMissedStarts(io, ledger, now) : []),
    ...(io.queue === undefined || ledger === undefined ? [] : await findMissedQueueStarts(io.queue, ledger, now)),
  ];
  return [...missed, ...starts.filter(start => missed.every(each => each.configFile !== start.configFile))];
}

/** Runs to show: those that go on, those whose process is gone, and the newest that ended. */
async function look(ledger: Ledger, id: string | undefined): Promise<readonly ShownRun[]> {
  const now = systemClock.now();
  if (id !== undefined) return [await readShown(ledger, await findRun(ledger, id, () => false, ''), now)];
  const open = await ledger.runs({state: 'running', limit: 20});
  const last = (await ledger.runs({limit: 50})).find(run => run.state !== 'running');
  const shown: RunRecord[] = [...open, ...(last === undefined ? [] : [last])];
  return await Promise.all(shown.map(run => readShown(ledger, run, now)));
}

async function readShown(ledger: Ledger, run: RunRecord, now: number): Promise<ShownRun> {
  const details = await readRunDetails(ledger, run, now);
  return run.endReason === 'budget' ? {...details, resumeCommand: await resumeCommand(ledger, run)} : details;
}

async function print(
  io: Io,
  views: readonly ShownRun[],
  missed: readonly MissedRun[],
  id: string | undefined,
  options: StatusOptions,
): Promise<void> {
  if (options.json) {
    io.out(`${JSON.stringify(toJson(io, views, missed, id), undefined, 2)}\n`);
    return;
  }
  const wrap = await wrapFor(io);
  const lines = missed.flatMap(each => wrap(missedLine(each, io, systemClock.now()))).map(line => `${line}\n`);
  io.out(`${lines.join('')}${views.length === 0 ? noRunsYet : toText(io, views, wrap)}`);
}

/** A file has lines of any length, and no need of what measures them. */
async function wrapFor({outIsTerminal, size}: Io): Promise<StatusPlaces['wrap']> {
  if (!outIsTerminal) return line => [line];
  const {wrapWords} = await import('../wrap-words.ts');
  return line => wrapWords(line, {columns: size().columns - 1, indent: ' '.repeat(statusIndent)});
}

function toText(io: Io, views: readonly ShownRun[], wrap: StatusPlaces['wrap']): string {
  const {home, stateDir, color} = io;
  const places = {nowMs: systemClock.now(), home, stateDir, color, wrap, flag: queueFlag(io)};
  return views.map(view => `${statusLines(view, places).join('\n')}\n`).join('\n');
}

function toJson(io: Io, views: readonly ShownRun[], missed: readonly MissedRun[], id: string | undefined): unknown {
  const next = (view: ShownRun): string[] => nextSteps(view).map(command => command + queueFlag(io));
  const entries = views.map(view => ({
    view,
    json: {...toRunJson(view), ...detailsJson(view), log: runLogFile(io.stateDir, view.run.id), next: next(view)},
  }));
  if (id !== undefined) return entries[0]?.json;
  const of = (isShown: (view: ShownRun) => boolean): unknown[] =>
    entries.filter(({view}) => isShown(view)).map(({json}) => json);
  return {
    running: of(view => view.state === 'running'),
    interrupted: of(view => view.run.state === 'running' && view.state === 'interrupted'),
    last: of(view => view.run.state !== 'running')[0] ?? null,
    missed: missed.map(toMissedJson),
    next: [...new Set(views.flatMap(next))],
  };
}

/** Metadata only: a program that polls this never reads text of a model or a repo. */
function detailsJson(details: ShownRun): Record<string, unknown> {
  const {running, failures, batches, endsAt, workers, obstacles} = details;
  return {
    running_jobs: running.map(({job, startedAt}) => ({
      job: jobLabel(job),
      task: job.task,
      started_at: startedAt === undefined ? null : new Date(startedAt).toISOString(),
    })),
    newest_failures: failures.map(({job, detail}) => ({
      job: jobLabel(job),
      task: job.task,
      outcome: detail?.outcome.status === 'failed' ? detail.outcome.failure.reason : null,
    })),
    batches: batches.map(({model, requests, providerId, sentAt}) => ({
      model,
      requests,
      provider_id: providerId ?? null,
      sent_at: sentAt === undefined ? null : new Date(sentAt).toISOString(),
    })),
    ...(workers === undefined ? {} : {workers: workers.map(toWorkerJson), obstacles}),
    to_review: details.toReview,
    to_deliver: details.toDeliver,
    delivered_after_review: details.reviewed,
    rejected: details.rejected,
    estimated_end: endsAt === undefined ? null : new Date(endsAt).toISOString(),
  };
}

function toWorkerJson({id, host, version, labels, maxWorkers, jobs, silentMs}: LiveWorker): Record<string, unknown> {
  return {id, host, version, labels, max_workers: maxWorkers, jobs, silent_ms: silentMs};
}

const refreshMs = 1_000;

async function watch(io: Io, ledger: Ledger, id: string | undefined, options: StatusOptions): Promise<number> {
  const inPlace = io.outIsTerminal && !options.json;
  const wrap = await wrapFor(io);
  let drawn = 0;
  let last = '';
  for (;;) {
    const views = await look(ledger, id);
    if (views.length === 0 && !options.json) io.out(noRunsYet);
    else if (inPlace) {
      const lines = toText({...io, color: false}, views, wrap)
        .trimEnd()
        .split('\n')
        .slice(0, io.size().rows - 1);
      const back = drawn === 0 ? '' : `\u001b[${drawn}A\r\u001b[0J`;
      io.out(`${back}${lines.map(line => `${line}\n`).join('')}`);
      drawn = lines.length;
    } else {
      last = printChanges(io, views, options, last);
    }
    if (!views.some(view => view.state === 'running')) return 0;
    await systemClock.sleep(refreshMs);
  }
}

function printChanges(io: Io, views: readonly ShownRun[], options: StatusOptions, last: string): string {
  const going = views.some(view => view.state === 'running')
    ? views.filter(view => view.state === 'running')
    : views.slice(0, 1);
  const now = systemClock.now();
  const text = going
    .map(view => (options.json ? JSON.stringify({...toRunJson(view), ...detailsJson(view)}) : statusLine(view, now)))
    .join('\n');
  const changed = text.replaceAll(/^\S+ /gm, '') !== last.replaceAll(/^\S+ /gm, '');
  if (text !== '' && changed) io.out(`${text}\n`);
  return text;
}
