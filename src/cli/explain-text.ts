import {type Job, jobLabel} from '../domain/job.ts';
import type {JobRecord} from '../domain/run.ts';
import {describeStanding} from '../report/log-line.ts';
import type {ReviewRow} from '../report/review-state.ts';
import type {Inspection} from '../run/inspect-job.ts';
import {escapeLine} from '../util/escape-text.ts';
import {localTime} from './time-text.ts';

export interface ExplainedJob {
  readonly job: Job;
  /** Why it would fail before it asks a model. */
  readonly fault?: string;
  readonly inspection?: Inspection;
  /** The newest end of this job. */
  readonly last?: JobRecord & {readonly runId: string};
  /** What became of its change. */
  readonly review?: ReviewRow;
}

/** A block of lines that says why. */
export function explainedText(explained: ExplainedJob): string {
  const {job, fault, inspection, last, review} = explained;
  const lines = [`${escapeLine(jobLabel(job))}  ${verdict(explained)}`];
  if (fault !== undefined) lines.push(`  why      ${escapeLine(fault)}`);
  if (inspection !== undefined) {
    if (inspection.changed.length > 0) lines.push(`  changed  ${inspection.changed.join(', ')}`);
    if (inspection.touched.length > 0) lines.push(`  touched  ${inspection.touched.map(escapeLine).join(', ')}`);
    if (inspection.same.length > 0) lines.push(`  same     ${inspection.same.join(', ')}`);
  }
  if (last?.detail !== undefined) {
    const when = last.endedAt === undefined ? '' : `  ${localTime(last.endedAt)}`;
    lines.push(`  last     ${describeStanding(last.detail.outcome, review)}  ${last.runId}${when}`);
  }
  return `${lines.join('\n')}\n`;
}

function verdict({job, fault, inspection}: ExplainedJob): string {
  if (fault !== undefined || inspection === undefined) return 'would fail';
  if (inspection.upToDate) return `would be skipped: nothing changed since ${inspection.since}`;
  if (job.force) return 'would run: force is set';
  if (inspection.since === undefined) return 'would run: no result is remembered';
  if (inspection.changed.length > 0) return `would run: changed since ${inspection.since}`;
  return `would run at no cost: files of ${inspection.since} are not as it left them (uncommitted edits are never overwritten)`;
}
