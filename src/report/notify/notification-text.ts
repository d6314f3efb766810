import {hostname} from 'node:os';
import type {RunSummary} from '../../domain/event.ts';
import {type FailureReason, failureReasons, type NotStartedReason, notStartedReasons} from '../../domain/outcome.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {formatLimit, formatUsd} from '../../util/format-usd.ts';
import {joinCounts} from '../../util/join-counts.ts';
import {localDate, localMinute} from '../../util/local-time.ts';
import {count} from '../log-line.ts';

/** What is known of a run when it has ended. */
export interface RunEndFacts {
  readonly runId: string;
  readonly exitCode: number;
  readonly summary: RunSummary;
  /** The first reason for which jobs were not started, when there is one. */
  readonly stopped?: NotStartedReason;
  /** Code of the error that broke the run off. */
  readonly brokenOff?: string;
  readonly failures: readonly {readonly repo: string; readonly reason: FailureReason}[];
  /** Changes of the run that wait for a decision. */
  readonly toReview?: number;
  readonly spentUsd: number;
  readonly budgetUsd?: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly resultsFile: string;
}

/** One message, made of our own words, counts, names of repos and nothing else: no text of a model, no content of a file. */
export interface Notification {
  readonly title: string;
  /** At most five. */
  readonly lines: readonly string[];
  readonly urgency: 'stopped' | 'failed' | 'changed';
  readonly facts: RunEndFacts;
}

/** Undefined when there is nothing to decide. */
export function composeNotification(facts: RunEndFacts): Notification | undefined {
  const {summary} = facts;
  const stop = stopText(facts);
  if (stop === undefined && isQuiet(summary)) return undefined;
  const toReview = facts.toReview === undefined || facts.toReview === 0 ? '' : `, ${facts.toReview} to review`;
  const counts = `${facts.runId}: ${countsText(summary)}${toReview}`;
  return {
    title: stop === undefined ? counts : `${stop.title}: ${counts}`,
    lines: [
      ...(stop === undefined ? [] : [stop.line]),
      ...(facts.failures.length === 0 ? [] : [failuresText(facts)]),
      `${costText(facts)}, ${timesText(facts)}`,
      `Next: ${nextText(facts)}`,
    ],
    urgency: stop === undefined ? (summary.failed > 0 ? 'failed' : 'changed') : 'stopped',
    facts,
  };
}

function isQuiet({failed, held, notStarted, changed}: RunSummary): boolean {
  return failed + held + notStarted + changed === 0;
}

/** The same message for whoever tries the addresses. */
export function composeTest(): Notification {
  const now = Date.now();
  const summary = {
    total: 0,
    changed: 0,
    unchanged: 0,
    upToDate: 0,
    failed: 0,
    held: 0,
    notStarted: 0,
    costUsd: 0,
    costUnknown: 0,
  };
  return {
    title: 'orchestrator: a test message',
    lines: [`Sent from ${escapeLine(hostname())}. A run that ends with something to decide is told here.`],
    urgency: 'changed',
    facts: {
      runId: 'test',
      exitCode: 0,
      summary,
      failures: [],
      spentUsd: 0,
      startedAt: now,
      endedAt: now,
      resultsFile: '',
    },
  };
}

/** Names of repos come from outside: they stay one word of one line, and short. */
export function shownRepo(repo: string): string {
  const escaped = escapeLine(repo);
  return escaped.length <= 60 ? escaped : `${[...escaped].slice(0, 59).join('')}…`;
}

const stopTitles: Record<NotStartedReason, string> = {
  budget: 'Budget reached',
  deadline: 'Deadline reached',
  stopped: 'Stopped',
  auth: 'Key refused',
  quota: 'No credit left',
};

function stopText({stopped, brokenOff}: RunEndFacts): {title: string; line: string} | undefined {
  if (brokenOff !== undefined) return {title: 'Broken off', line: `The run could not go on: ${escapeLine(brokenOff)}`};
  return stopped === undefined ? undefined : {title: stopTitles[stopped], line: notStartedReasons[stopped]};
}

function countsText(summary: RunSummary): string {
  return joinCounts(
    [
      [summary.changed, 'changed'],
      [summary.held, 'held for review'],
      [summary.failed, 'failed'],
      [summary.notStarted, 'not started'],
      [summary.unchanged, 'unchanged'],
      [summary.upToDate, 'up to date'],
    ],
    'its jobs are not known',
  );
}

const shownFailures = 5;

function failuresText({failures, summary}: RunEndFacts): string {
  const shown = failures.slice(0, shownFailures);
  const more = Math.max(summary.failed, failures.length) - shown.length;
  return [
    ...shown.map(({repo, reason}) => `✗ ${shownRepo(repo)} ${reason}`),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join(' · ');
}

function costText({spentUsd, budgetUsd, summary}: RunEndFacts): string {
  const unknown = summary.costUnknown === 0 ? '' : ` plus ${count(summary.costUnknown, 'job')} of unknown cost`;
  return `${formatUsd(spentUsd)}${budgetUsd === undefined ? '' : ` of ${formatLimit(budgetUsd)}`} USD${unknown}`;
}

function timesText({startedAt, endedAt}: RunEndFacts): string {
  const [start, end] = [new Date(startedAt), new Date(endedAt)];
  return `${localDate(start)} ${localMinute(start)}–${localDate(start) === localDate(end) ? '' : `${localDate(end)} `}${localMinute(end)}`;
}

function nextText({runId, stopped, brokenOff, summary, failures, toReview = 0}: RunEndFacts): string {
  const isOpen = summary.notStarted > 0 || brokenOff !== undefined;
  const canRetry = failures.some(({reason}) => failureReasons[reason].retry !== 'no');
  const needsFix = stopped === 'auth' || stopped === 'quota' || stopped === 'budget';
  return [
    ...(toReview > 0 ? ['orchestrator review'] : []),
    `orchestrator report ${runId}`,
    ...(isOpen ? [`${needsFix ? 'when that is settled: ' : ''}orchestrator resume ${runId}`] : []),
    ...(!isOpen && canRetry ? [`orchestrator retry ${runId}`] : []),
  ].join('; ');
}
