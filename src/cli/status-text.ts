import {jobLabel} from '../domain/job.ts';
import {isQueued, type JobRecord, runTime} from '../domain/run.ts';
import type {LiveWorker} from '../ledger/ledger.ts';
import {describeOutcome} from '../report/log-line.ts';
import type {RunDetails} from '../run/read-run-view.ts';
import {countOf} from '../util/count-of.ts';
import {duration} from '../util/duration.ts';
import {escapeLine} from '../util/escape-text.ts';
import {formatLimit, formatUsd} from '../util/format-usd.ts';
import {joinCounts} from '../util/join-counts.ts';
import {runLogFile} from './reporters.ts';
import {countsText} from './run-view.ts';
import {localMoment} from './time-text.ts';

export interface StatusPlaces {
  readonly nowMs: number;
  readonly home: string;
  readonly stateDir: string;
  readonly color: boolean;
  /** Makes lines of one that is too long for where it goes. */
  readonly wrap: (line: string) => readonly string[];
  /** Stands behind every command that comes next. */
  readonly flag: string;
}

/** A run with the command that goes on with it, where that needs more than its id. */
export interface ShownRun extends RunDetails {
  readonly resumeCommand?: string;
}

/** One run as a block of lines; what is untrusted is escaped. */
export function statusLines(details: ShownRun, places: StatusPlaces): string[] {
  const {run, state} = details;
  const head = state === 'running' ? runningLines(details, places) : endedLines(details, places);
  const body = [
    ...head.slice(1),
    costText(details, places),
    ...reviewText(details),
    ...batchTexts(details, places),
    ...workersText(details),
    ...details.obstacles.map(obstacle => `waits    ${escapeLine(obstacle)}`),
    ...details.running.map(record => runningJob(record, details, places)),
    ...details.failures.map(failedJob),
    ...more(details),
    `results  ${shortPath(run.resultsFile, places)}`,
    `log      ${shortPath(run.logFile ?? runLogFile(places.stateDir, run.id), places)}`,
    ...nextSteps(details).map((command, index) => `${index === 0 ? 'next    ' : '        '} ${command}${places.flag}`),
  ];
  return [head[0]!, ...body.map(line => `  ${line}`)].flatMap(line => fold(line, places));
}

/** Display cells before what stands behind the labels, where a line goes on. */
export const statusIndent = 11;

function fold(line: string, {wrap, color}: StatusPlaces): readonly string[] {
  const lines = wrap(line);
  return color && line.startsWith(`  ${failed}`) ? lines.map(text => `\u001b[31m${text}\u001b[0m`) : lines;
}

function reviewText({toReview, toDeliver, reviewed, rejected}: RunDetails): string[] {
  if (toReview + toDeliver + reviewed + rejected === 0) return [];
  const decided = joinCounts(
    [
      [toDeliver, 'accepted and not delivered'],
      [reviewed, 'accepted and delivered'],
      [rejected, 'rejected'],
    ],
    '',
  );
  return [`changes  to review: ${toReview}${decided === '' ? '' : `, ${decided}`}`];
}

function batchTexts({batches, state}: RunDetails, {nowMs}: StatusPlaces): string[] {
  return batches.map(({model, requests, sentAt, ...batch}) => {
    const since = sentAt === undefined ? '' : ` since ${localMoment(sentAt, nowMs)}`;
    const place = batch.providerId === undefined ? 'may be on its way' : `waits as ${batch.providerId}`;
    const hint = state === 'running' ? '' : '; orchestrator resume collects it';
    return `batch    ${escapeLine(model)}, ${countOf(requests, 'request')}, ${place}${since}${hint}`;
  });
}

/** What a person would type next. */
export function nextSteps(details: ShownRun): string[] {
  const {run, state, counts, toReview, toDeliver, toRetry} = details;
  if (state === 'running') {
    const goOn = run.control.paused ? ['orchestrator resume'] : [];
    return [...goOn, 'orchestrator status --watch', 'orchestrator logs -f', 'orchestrator stop'];
  }
  const open = counts.running + counts.pending + counts.notStarted;
  return [
    ...(open > 0 ? [details.resumeCommand ?? `orchestrator resume ${run.id}`] : []),
    ...(toReview > 0 ? ['orchestrator review'] : []),
    ...(toDeliver > 0 ? ['orchestrator deliver'] : []),
    ...(counts.total > counts.running + counts.pending ? [`orchestrator report ${run.id}`] : []),
    ...(open === 0 && toRetry > 0 ? [`orchestrator retry ${run.id}`] : []),
  ];
}

const barWidth = 20;
/** A worker says that it lives every five seconds. */
const silentAfterMs = 12_000;

function workersText({workers}: RunDetails): string[] {
  if (workers === undefined) return [];
  if (workers.length === 0) return ['workers  none is alive; start one with: orchestrator worker'];
  const silent = workers.filter(({silentMs}) => silentMs > silentAfterMs);
  const sum = (of: (worker: LiveWorker) => number): number => workers.reduce((total, worker) => total + of(worker), 0);
  return [
    `workers  ${workers.length - silent.length} alive, ${sum(({jobs}) => jobs)} of ${sum(({maxWorkers}) => maxWorkers)} places taken`,
    ...silent.map(({id, silentMs}) => `         ${escapeLine(id)} is silent for ${Math.round(silentMs / 1000)} s`),
  ];
}

function runningLines(details: RunDetails, {nowMs}: StatusPlaces): string[] {
  const {run, counts} = details;
  const ended = counts.total - counts.running - counts.pending;
  const done = counts.total === 0 ? barWidth : Math.floor((ended / counts.total) * barWidth);
  const what = run.control.stop !== 'no' ? 'stopping' : run.control.paused ? 'paused' : 'running';
  return [
    `${what}  ${run.id}  since ${localMoment(run.startedAt, nowMs)} (${duration(runTime(run, nowMs))}) ${placeOf(run)}`,
    `${'█'.repeat(done)}${'░'.repeat(barWidth - done)}  ${ended} of ${counts.total}   ${countsText(details.counts)}`,
  ];
}

function placeOf(run: RunDetails['run']): string {
  return isQueued(run) ? 'in the queue' : `on ${escapeLine(run.holder.host)}, process ${run.holder.pid}`;
}

function endedLines({run, state, counts}: RunDetails, {nowMs}: StatusPlaces): string[] {
  const at = run.endedAt ?? run.heartbeatAt;
  if (state === 'interrupted') {
    const done = counts.total - counts.running - counts.pending;
    const left = `${done} done, ${counts.running} unfinished, ${counts.pending} to start`;
    return [`${run.id} was interrupted at ${localMoment(at, nowMs)}; ${left}; resume with: orchestrator resume`];
  }
  const why = run.endReason === undefined ? '' : ` (${escapeLine(run.endReason)})`;
  const exit = run.exitCode === undefined ? '' : `, exit ${run.exitCode}`;
  return [
    `${state} ${run.id}  ${localMoment(at, nowMs)} after ${duration(runTime(run, at))}${exit}${why}`,
    `jobs     ${countsText(counts)}`,
  ];
}

function costText({spentUsd, reservedUsd, budgetUsd, endsAt}: RunDetails, {nowMs}: StatusPlaces): string {
  const ends = endsAt === undefined ? '' : `   ends ≈ ${localMoment(endsAt, nowMs)}`;
  const budget = budgetUsd === undefined ? '' : ` of ${formatLimit(budgetUsd)}`;
  const reserved = reservedUsd === 0 ? '' : `, ${formatUsd(reservedUsd)} reserved for calls in flight`;
  return `cost     ${formatUsd(spentUsd)}${budget} USD${reserved}${ends}`;
}

function runningJob({job, startedAt}: JobRecord, {state}: RunDetails, {nowMs}: StatusPlaces): string {
  const since = state === 'running' && startedAt !== undefined ? `  ${duration(nowMs - startedAt)}` : '  unfinished';
  return `⟳ ${escapeLine(jobLabel(job))}${since}`;
}

const failed = '✗';

function failedJob({job, detail}: JobRecord): string {
  return `${failed} ${escapeLine(jobLabel(job))}  ${detail === undefined ? '' : describeOutcome(detail.outcome)}`;
}

function more({counts, running, failures}: RunDetails): string[] {
  return [
    ...(counts.running > running.length ? [`  and ${counts.running - running.length} more running`] : []),
    ...(counts.failed > failures.length ? [`  and ${counts.failed - failures.length} more failed`] : []),
  ];
}

function shortPath(file: string, {home}: StatusPlaces): string {
  return escapeLine(file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file);
}

/** One line for a terminal-less watcher. */
export function statusLine({run, state, counts, spentUsd}: RunDetails, nowMs: number): string {
  const word = state === 'running' && run.control.paused ? 'paused' : state;
  const ended = counts.total - counts.running - counts.pending;
  return `${new Date(nowMs).toISOString()} ${run.id} ${word} ${ended}/${counts.total} ${countsText(counts)}; ${formatUsd(spentUsd)} USD`;
}
