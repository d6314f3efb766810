import type {RunEvent, RunSummary} from '../domain/event.ts';
import {jobLabel} from '../domain/job.ts';
import {type ChangedFile, type EndStatus, endStatus, nextStep, type Outcome} from '../domain/outcome.ts';
import type {Cost} from '../domain/usage.ts';
import {countOf} from '../util/count-of.ts';
import {escapeLine, escapeWord} from '../util/escape-text.ts';
import {formatUsd} from '../util/format-usd.ts';
import {joinCounts} from '../util/join-counts.ts';
import {sumLines} from '../util/sum-lines.ts';
import {describeNetwork} from './describe-network.ts';
import {describeVerified} from './describe-verified.ts';
import {droppedText} from './result-row.ts';
import {type ReviewRow, reviewStep, reviewText} from './review-state.ts';

/** `2025-12-01T02:00:03.120Z INFO run=r-… job=readme-generator/mcp-fleet changed README.md +12 -4 0.0123 USD 8.1s` */
export function formatLogLine(runId: string, event: RunEvent): string {
  const time = new Date(event.at).toISOString();
  const head = (level: string): string => `${time} ${level} run=${runId}`;
  switch (event.type) {
    case 'run.started':
      return `${head('INFO')} ${event.resumed ? 'resumed' : 'started'} ${countOf(event.jobs, 'job')}, results in ${escapeLine(event.run.resultsFile)}`;
    case 'run.noted':
      return `${head(event.level === 'warn' ? 'WARN' : 'INFO')} ${escapeLine(event.text)}`;
    case 'job.started':
      return `${head('INFO')} job=${escapeWord(jobLabel(event.job))} started`;
    case 'job.retrying':
      return `${head('WARN')} job=${escapeWord(jobLabel(event.job))} retry in ${seconds(event.waitMs)}: ${escapeLine(event.cause)}`;
    case 'turn.finished': {
      const tools = event.tools.map(({name, isError}) => `${escapeWord(name)}${isError ? '!' : ''}`).join(' ');
      return `${head('INFO')} job=${escapeWord(jobLabel(event.job))} turn ${event.turn}${event.replayed ? ' recorded' : ''}${tools === '' ? '' : `: ${tools}`}`;
    }
    case 'job.finished': {
      const {outcome} = event.detail;
      const isWarning = event.detail.warnings !== undefined && levels[endStatus(outcome)] === 'INFO';
      const level = isWarning ? 'WARN' : levels[endStatus(outcome)];
      const took = seconds(Math.max(0, event.at - event.startedAt));
      const heldBack = event.detail.heldBack.length === 0 ? '' : ` held-back=${event.detail.heldBack.length}`;
      const replayed = event.detail.replayed ? ' recorded reply' : event.detail.batch ? ' at batch price' : '';
      const {dropped} = event.detail;
      const lost = dropped === undefined ? '' : ` ${escapeLine(droppedText(dropped))}`;
      return `${head(level)} job=${escapeWord(jobLabel(event.job))} ${describeOutcome(outcome)} ${formatCost(outcome.cost)} ${took}${replayed}${heldBack}${describeVerified(event.detail.verified)}${describeNetwork(event.detail.network)}${lost}`;
    }
    case 'run.finished':
      return `${head(endLevel(event))} finished: ${formatSummary(event.summary)}, exit ${event.exitCode}${formatParts(event.parts)}`;
    default:
      return event satisfies never;
  }
}

const levels = {
  changed: 'INFO',
  unchanged: 'INFO',
  'up-to-date': 'INFO',
  held: 'WARN',
  'not-started': 'WARN',
  failed: 'ERROR',
} as const satisfies Record<EndStatus, string>;

/** A run in which nothing went wrong, and something waits for a person, is no error. */
function endLevel({exitCode, summary}: Extract<RunEvent, {type: 'run.finished'}>): string {
  if (exitCode === 0) return 'INFO';
  return summary.failed === 0 && summary.notStarted === 0 && summary.held > 0 ? 'WARN' : 'ERROR';
}

/** Whose fault the exit code is: what was run again just now may all have ended well. */
export function formatParts(parts: Extract<RunEvent, {type: 'run.finished'}>['parts']): string {
  if (parts === undefined) return '';
  return ` (this time ${formatCounts(parts.now)}; before ${formatCounts(parts.before)})`;
}

export function formatSummary(summary: RunSummary): string {
  const unknown = summary.costUnknown === 0 ? '' : ` plus ${countOf(summary.costUnknown, 'job')} of unknown cost`;
  return `${formatCounts(summary)}; ${formatUsd(summary.costUsd)} USD${unknown}`;
}

function formatCounts(summary: RunSummary): string {
  return joinCounts(
    [
      [summary.changed, 'changed'],
      [summary.unchanged, 'unchanged'],
      [summary.upToDate, 'up to date'],
      [summary.held, 'held for review'],
      [summary.failed, 'failed'],
      [summary.notStarted, 'not started'],
    ],
    'no jobs',
  );
}

/** The outcome in stable words that can be searched for. */
export function describeOutcome(outcome: Outcome): string {
  switch (outcome.status) {
    case 'changed':
      return [
        `changed ${filesText(outcome.files)}`,
        ...(outcome.delivered.url === undefined ? [] : [`url=${escapeWord(outcome.delivered.url)}`]),
      ].join(' ');
    case 'unchanged':
      return outcome.note === undefined ? 'unchanged' : `unchanged: ${escapeLine(outcome.note)}`;
    case 'up-to-date':
      return `up-to-date since=${outcome.since}`;
    case 'not-started':
      return `not-started: ${outcome.reason}`;
    case 'failed':
      return `${outcome.failure.reason}: ${escapeLine(outcome.failure.message)} — ${nextStep(outcome.failure)}`;
    default:
      return outcome satisfies never;
  }
}

/** A line names no more; the results have them all. */
const namedFiles = 20;

function filesText(files: readonly ChangedFile[]): string {
  const named = files
    .slice(0, namedFiles)
    .map(({path, added, removed}) => `${escapeWord(path)} +${added} -${removed}`)
    .join(' ');
  if (files.length <= namedFiles) return named;
  const {added, removed} = sumLines(files);
  return `${named} and ${files.length - namedFiles} more, +${added} -${removed} in all`;
}

/** The same by now: what a person decided on the change takes the place of what was to be done about it. */
export function describeStanding(outcome: Outcome, review: ReviewRow | undefined): string {
  if (review === undefined) return describeOutcome(outcome);
  const now = escapeLine(reviewText(review));
  if (outcome.status !== 'failed' || outcome.failure.reason !== 'held-for-review')
    return `${describeOutcome(outcome)} — ${now}`;
  const step = reviewStep(review.state);
  return `held: ${escapeLine(outcome.failure.message)} — ${now}${step === undefined ? '' : `: ${step}`}`;
}

export function formatCost(cost: Cost): string {
  if (cost.usd !== null) return `${formatUsd(cost.usd)} USD`;
  return cost.atLeastUsd === undefined ? 'cost unknown' : `cost unknown, at least ${formatUsd(cost.atLeastUsd)} USD`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}
