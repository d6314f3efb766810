import type {ChangeSummary, VerifyResult} from '../domain/change.ts';
import {jobLabel, namedOutput} from '../domain/job.ts';
import type {NetworkRecord} from '../domain/network-use.ts';
import {nextStep, nextStepOf, type Outcome, type Shortfall} from '../domain/outcome.ts';
import type {JobRecord} from '../domain/run.ts';
import type {Cost} from '../domain/usage.ts';
import type {ResultRow} from './results-schema.ts';
import {type ReviewRow, reviewOf, reviewStep} from './review-state.ts';

/**
 * The row of the results file for a job, whatever its state; with what became of its change since, for whoever asks the ledger. Pure: the
 * same record gives the same row.
 */
export function toResultRow(runId: string, record: JobRecord, change?: ChangeSummary): ResultRow {
  const {job, state, detail} = record;
  const head = {
    run: runId,
    task: job.task,
    skill: job.skill,
    repo: job.repo,
    path: job.path ?? null,
    job: jobLabel(job),
    ...(record.worker === undefined ? {} : {worker: record.worker}),
  };
  const plan = {mode: job.mode, model: detail?.model ?? job.models[0] ?? null, output_file: namedOutput(job) ?? null};
  if (detail === undefined) {
    const status = state === 'running' ? 'running' : 'pending';
    return {...head, status, ...plan, ...(record.startedAt === undefined ? {} : {started_at: iso(record.startedAt)})};
  }
  const {outcome} = detail;
  const {usage, cost} = outcome;
  const review = reviewOf(change);
  const files = 'files' in outcome ? outcome.files : change?.change.files;
  return {
    ...head,
    ...withDropped(withReview(describeOutcome(runId, outcome), review), detail.dropped),
    ...plan,
    ...(files === undefined ? {} : {files: files.map(file => ({...file}))}),
    ...(outcome.status === 'changed' ? {delivered: {...outcome.delivered}} : {}),
    ...(review === undefined ? {} : {review}),
    attempts: detail.attempts,
    ...(record.startedAt === undefined ? {} : {started_at: iso(record.startedAt)}),
    ...(record.endedAt === undefined ? {} : {timestamp: iso(record.endedAt)}),
    ...(record.endedAt === undefined || record.startedAt === undefined
      ? {}
      : {duration_ms: Math.max(0, record.endedAt - record.startedAt)}),
    ...(usage.unknown
      ? {}
      : {
          usage: {
            input_tokens: usage.inputTokens,
            output_tokens: usage.outputTokens,
            cache_read_tokens: usage.cacheReadTokens,
            cache_write_tokens: usage.cacheWriteTokens,
            requests: usage.requests,
          },
        }),
    cost_usd: cost.usd === null ? null : Number(cost.usd.toFixed(9)),
    ...(cost.usd === null ? {cost_reason: describeUnknown(cost)} : {}),
    ...(detail.heldBack.length === 0 ? {} : {held_back: [...detail.heldBack]}),
    ...(Object.keys(detail.leftOut).length === 0 ? {} : {left_out: {...detail.leftOut}}),
    ...(detail.dropped === undefined ? {} : {dropped: [...detail.dropped]}),
    ...(detail.batch ? {batch: true} : {}),
    ...(detail.replayed ? {replayed: true} : {}),
    ...(detail.sandbox === undefined ? {} : {sandbox: detail.sandbox}),
    ...(detail.network === undefined ? {} : {network: toNetworkRow(detail.network)}),
    ...(detail.verified === undefined ? {} : {verified: detail.verified.map(toVerifiedRow)}),
    ...(detail.warnings === undefined ? {} : {warnings: [...detail.warnings]}),
  };
}

type Described = Pick<ResultRow, 'status' | 'outcome' | 'message' | 'reason' | 'next'>;

/** The next step of what is held is that of its change by now. */
function withReview({next, ...described}: Described, review: ReviewRow | undefined): Described {
  const step = described.outcome === 'held-for-review' && review !== undefined ? reviewStep(review.state) : next;
  return {...described, ...(step === undefined ? {} : {next: step})};
}

/** Whoever reads the row alone must not take what is missing for never made. */
function withDropped({message, ...described}: Described, dropped: readonly string[] | undefined): Described {
  const texts = [...(message === undefined ? [] : [message]), ...(dropped === undefined ? [] : [droppedText(dropped)])];
  return {...described, ...(texts.length === 0 ? {} : {message: texts.join('; ')})};
}

/** `not part of the change: "fifo" (a pipe, socket or device)`. Names of paths are in it, quoted. */
export function droppedText(dropped: readonly string[]): string {
  return `not part of the change: ${dropped.join(', ')}`;
}

function describeOutcome(runId: string, outcome: Outcome): Described {
  switch (outcome.status) {
    case 'changed':
      return {status: 'success', outcome: 'changed'};
    case 'unchanged':
      return {
        status: 'success',
        outcome: 'unchanged',
        ...(outcome.note === undefined ? {} : {message: outcome.note}),
      };
    case 'up-to-date':
      return {status: 'skipped', outcome: 'up-to-date', message: `Nothing changed since ${outcome.since}`};
    case 'not-started':
      return {
        status: 'cancelled',
        outcome: 'not-started',
        reason: outcome.reason,
        message: `not-started: ${outcome.reason}${describeShortfall(outcome.shortfall)}`,
        next: nextStepOf(outcome.reason, runId, outcome.shortfall),
      };
    case 'failed':
      return {
        status: 'error',
        outcome: outcome.failure.reason,
        message: outcome.failure.message,
        next: nextStep(outcome.failure),
      };
    default:
      return outcome satisfies never;
  }
}

function describeShortfall(shortfall: Shortfall | undefined): string {
  if (shortfall === undefined) return '';
  const {scope, limitUsd, worstUsd} = shortfall;
  return `: the next call can cost ${worstUsd.toFixed(4)} USD, and the budget of the ${scope}, ${limitUsd} USD, has no room for it`;
}

function describeUnknown({reason, atLeastUsd}: Extract<Cost, {readonly usd: null}>): string {
  return atLeastUsd === undefined ? reason : `${reason}; known are ${atLeastUsd.toFixed(4)} USD`;
}

function toNetworkRow({allowed, uses, more}: NetworkRecord): NonNullable<ResultRow['network']> {
  const reached = uses.flatMap(({refused, host, times, sentBytes, receivedBytes}) =>
    refused === undefined ? [{host, times, sent_bytes: sentBytes, received_bytes: receivedBytes}] : [],
  );
  const refused = uses.flatMap(({host, times, refused: why}) => (why === undefined ? [] : [{host, times, why}]));
  return {
    allowed: [...allowed],
    ...(reached.length === 0 ? {} : {reached}),
    ...(refused.length === 0 ? {} : {refused}),
    ...(more === 0 ? {} : {more}),
  };
}

function toVerifiedRow({
  command,
  before,
  after,
  durationMs,
  output,
  missing,
}: VerifyResult): NonNullable<ResultRow['verified']>[number] {
  return {command, before, after, duration_ms: durationMs, output, ...(missing === undefined ? {} : {missing})};
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
