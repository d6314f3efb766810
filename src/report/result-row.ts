import type {ChangeSummary, VerifyResult} from '../domain/change.ts';
import {jobLabel} from '../domain/job.ts';
import {nextStep, type Outcome} from '../domain/outcome.ts';
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
  const plan = {mode: job.mode, model: detail?.model ?? job.models[0] ?? null, output_file: job.output};
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
    ...withReview(describeOutcome(outcome), review),
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
    usage: {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cache_read_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      requests: usage.requests,
    },
    cost_usd: cost.usd === null ? null : Number(cost.usd.toFixed(9)),
    ...(cost.usd === null ? {cost_reason: describeUnknown(cost)} : {}),
    ...(detail.heldBack.length === 0 ? {} : {held_back: [...detail.heldBack]}),
    ...(Object.keys(detail.leftOut).length === 0 ? {} : {left_out: {...detail.leftOut}}),
    ...(detail.batch ? {batch: true} : {}),
    ...(detail.replayed ? {replayed: true} : {}),
    ...(detail.sandbox === undefined ? {} : {sandbox: detail.sandbox}),
    ...(detail.verified === undefined ? {} : {verified: detail.verified.map(toVerifiedRow)}),
  };
}

type Described = Pick<ResultRow, 'status' | 'outcome' | 'message' | 'reason' | 'next'>;

/** The next step of what is held is that of its change by now. */
function withReview({next, ...described}: Described, review: ReviewRow | undefined): Described {
  const step = described.outcome === 'held-for-review' && review !== undefined ? reviewStep(review.state) : next;
  return {...described, ...(step === undefined ? {} : {next: step})};
}

function describeOutcome(outcome: Outcome): Described {
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
        message: `not-started: ${outcome.reason}`,
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

function describeUnknown({reason, atLeastUsd}: Extract<Cost, {readonly usd: null}>): string {
  return atLeastUsd === undefined ? reason : `${reason}; known are ${atLeastUsd.toFixed(4)} USD`;
}

function toVerifiedRow({
  command,
  before,
  after,
  durationMs,
  output,
}: VerifyResult): NonNullable<ResultRow['verified']>[number] {
  return {command, before, after, duration_ms: durationMs, output};
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
