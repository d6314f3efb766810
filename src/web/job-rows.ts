import {type ChangeSummary, changeStateOf, failsVerify} from '../domain/change.ts';
import {failureReasons} from '../domain/outcome.ts';
import type {JobRecord} from '../domain/run.ts';
import {droppedText} from '../report/result-row.ts';
import {sumLines} from '../util/sum-lines.ts';
import {isToReview, type JobRow, type RowState} from './api.ts';

const maxMessage = 400;

/** The line of the table for a job, with what a person decided on its change. */
export function toJobRow({job, state, detail, startedAt, endedAt}: JobRecord, change?: ChangeSummary): JobRow {
  const outcome = detail?.outcome;
  const files = change?.change.files ?? (outcome !== undefined && 'files' in outcome ? outcome.files : []);
  const failure = outcome?.status === 'failed' ? outcome.failure : undefined;
  const reason = failure?.reason ?? (outcome?.status === 'not-started' ? outcome.reason : undefined);
  const dropped = detail?.dropped === undefined ? undefined : droppedText(detail.dropped);
  const message = failure?.message ?? (outcome?.status === 'unchanged' ? outcome.note : undefined) ?? dropped;
  return {
    id: job.id,
    sequence: job.sequence,
    repo: job.repo,
    skill: job.skill,
    task: job.task,
    state: stateOf(state, outcome?.status, failure?.reason),
    ...(reason === undefined ? {} : {reason}),
    ...(message === undefined ? {} : {message: message.slice(0, maxMessage)}),
    ...(failure === undefined ? {} : {retry: failureReasons[failure.reason].retry}),
    files: files.length,
    ...sumLines(files),
    ...(outcome === undefined ? {} : {costUsd: outcome.cost.usd}),
    ...(startedAt === undefined ? {} : {startedAt}),
    ...(startedAt === undefined || endedAt === undefined ? {} : {durationMs: Math.max(0, endedAt - startedAt)}),
    ...(change === undefined ? {} : toDecided(change)),
  };
}

function stateOf(state: JobRecord['state'], status: string | undefined, reason: string | undefined): RowState {
  if (status === undefined) return state === 'running' ? 'running' : 'pending';
  return reason === 'held-for-review' ? 'held' : (status as RowState);
}

/** What the change of a job adds to its line. */
export function toDecided(change: ChangeSummary): Pick<JobRow, 'checks' | 'decision' | 'delivered' | 'superseded'> {
  const {verified, findings, decision} = change;
  const state = changeStateOf(change);
  return {
    checks: {
      passed: verified.filter(({after}) => after === 'passed').length,
      failed: verified.filter(failsVerify).length,
      findings: findings.length,
    },
    decision: decision.kind,
    ...(state === 'delivered' ? {delivered: true as const} : {}),
    ...(state === 'superseded' ? {superseded: true as const} : {}),
  };
}

/** What needs a person comes first, then what goes on, then what ended well; within that the order of the plan. */
export function compareRows(a: JobRow, b: JobRow): number {
  return rankOf(a) - rankOf(b) || a.sequence - b.sequence;
}

function rankOf(row: JobRow): number {
  if (row.state === 'changed') return isToReview(row) ? ranks.held + 1 : ranks.changed;
  return ranks[row.state];
}

const ranks = {
  failed: 0,
  'not-started': 1,
  held: 2,
  running: 4,
  changed: 5,
  pending: 6,
  unchanged: 7,
  'up-to-date': 8,
} as const satisfies Record<RowState, number>;
