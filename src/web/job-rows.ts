import {type ChangeSummary, changeStateOf, failsVerify} from '../domain/change.ts';
import {type Failure, failureReasons, nextStep, notStartedReasons, type Outcome} from '../domain/outcome.ts';
import type {JobRecord} from '../domain/run.ts';
import {standingOf} from '../domain/standing.ts';
import {droppedText} from '../report/result-row.ts';
import {sumLines} from '../util/sum-lines.ts';
import type {DeliveredTo, JobRow, RowState, Standing} from './api.ts';

const maxMessage = 400;

/** The line of the table for a job, with what a person decided on its change. */
export function toJobRow({job, state, detail, startedAt, endedAt}: JobRecord, change?: ChangeSummary): JobRow {
  const outcome = detail?.outcome;
  const files = change?.change.files ?? (outcome !== undefined && 'files' in outcome ? outcome.files : []);
  const failure = outcome?.status === 'failed' ? outcome.failure : undefined;
  const reason = failure?.reason ?? (outcome?.status === 'not-started' ? outcome.reason : undefined);
  const dropped = detail?.dropped === undefined ? undefined : droppedText(detail.dropped);
  const message = failure?.message ?? (outcome?.status === 'unchanged' ? outcome.note : undefined) ?? dropped;
  const row: Omit<JobRow, 'standing'> = {
    id: job.id,
    sequence: job.sequence,
    repo: job.repo,
    skill: job.skill,
    task: job.task,
    state: stateOf(state, outcome?.status, failure?.reason),
    ...(reason === undefined ? {} : {reason}),
    ...(message === undefined ? {} : {message: message.slice(0, maxMessage)}),
    ...(failure === undefined ? {} : describeFailure(failure)),
    ...(outcome?.status === 'not-started'
      ? {message: notStartedReasons[outcome.reason], next: 'orchestrator resume'}
      : {}),
    mode: job.mode,
    files: files.length,
    ...sumLines(files),
    ...(outcome === undefined ? {} : {costUsd: outcome.cost.usd}),
    ...(startedAt === undefined ? {} : {startedAt}),
    ...(startedAt === undefined || endedAt === undefined ? {} : {durationMs: Math.max(0, endedAt - startedAt)}),
  };
  const standing = standingOf(row.state, change === undefined ? undefined : changeStateOf(change));
  const delivered = change === undefined ? leftAtOnce(outcome) : {};
  return {...row, standing, ...delivered, ...(change === undefined ? {} : toDecided(change))};
}

function describeFailure(failure: Failure): Pick<JobRow, 'retry' | 'next'> {
  return {retry: failureReasons[failure.reason].retry, next: nextStep(failure)};
}

function stateOf(state: JobRecord['state'], status: string | undefined, reason: string | undefined): RowState {
  if (status === undefined) return state === 'running' ? 'running' : 'pending';
  return reason === 'held-for-review' ? 'held' : (status as RowState);
}

function leftAtOnce(outcome: Outcome | undefined): Pick<JobRow, 'delivered'> {
  return outcome?.status === 'changed' ? {delivered: toDeliveredTo(outcome.delivered)} : {};
}

function toDeliveredTo({kind, branch, url}: DeliveredTo): DeliveredTo {
  return {kind, ...(branch === undefined ? {} : {branch}), ...(url === undefined ? {} : {url})};
}

/** The line with what was decided on its change since. */
export function withDecision({delivered: _delivered, ...row}: JobRow, change: ChangeSummary): JobRow {
  return {...row, standing: standingOf(row.state, changeStateOf(change)), ...toDecided(change)};
}

function toDecided(change: ChangeSummary): Pick<JobRow, 'checks' | 'decision' | 'delivered'> {
  const {verified, findings, decision, delivered} = change;
  return {
    checks: {
      passed: verified.filter(({after}) => after === 'passed').length,
      failed: verified.filter(failsVerify).length,
      findings: findings.length,
    },
    decision: decision.kind,
    ...(changeStateOf(change) === 'delivered' && delivered !== undefined ? {delivered: toDeliveredTo(delivered)} : {}),
  };
}

/** What needs a person comes first, then what goes on, then what ended well; within that the order of the plan. */
export function compareRows(a: JobRow, b: JobRow): number {
  return rankOf(a) - rankOf(b) || a.sequence - b.sequence;
}

function rankOf({standing, state}: JobRow): number {
  // What was flagged, or failed its checks, needs a closer look.
  return standing === 'to-review' && state === 'changed' ? ranks[standing] + 1 : ranks[standing];
}

const ranks = {
  failed: 0,
  'not-started': 1,
  'to-review': 2,
  running: 4,
  accepted: 5,
  rejected: 6,
  pending: 7,
  delivered: 8,
  replaced: 9,
  unchanged: 10,
  'up-to-date': 11,
} as const satisfies Record<Standing, number>;
