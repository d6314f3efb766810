import {failureReasons, notStartedReasons, type RetryHelps} from '../domain/outcome.ts';
import {formatUsd} from '../util/format-usd.ts';
import type {ResultRow} from './results-schema.ts';

/** Rows that ended alike, with what there is to say about all of them. */
export interface RowGroup {
  readonly kind: GroupKind;
  /** Failure reason, or reason for not starting. */
  readonly reason?: string;
  readonly cause?: string;
  readonly next?: string;
  readonly retry?: RetryHelps;
  readonly rows: readonly ResultRow[];
}

/** In the order in which groups come, each in the word that counts have for it. */
export const groupKinds = {
  failed: 'failed',
  held: 'held for review',
  'not-started': 'not started',
  unfinished: 'unfinished',
  changed: 'changed',
  delivered: 'delivered after review',
  rejected: 'rejected',
  superseded: 'replaced by a later change',
  unchanged: 'unchanged',
  'up-to-date': 'up to date',
} as const;
export type GroupKind = keyof typeof groupKinds;
const order = Object.keys(groupKinds) as GroupKind[];

/** Failures first, by reason, then what waits for a person, what was left undone, and what ended well. Rows keep their order. */
export function groupRows(rows: readonly ResultRow[]): RowGroup[] {
  const groups = new Map<string, {kind: GroupKind; reason?: string; rows: ResultRow[]}>();
  for (const row of rows) {
    const kind = kindOfRow(row);
    const reason = kind === 'failed' ? row.outcome : kind === 'not-started' ? row.reason : undefined;
    const key = `${order.indexOf(kind)} ${reason ?? ''}`;
    const group = groups.get(key) ?? {kind, ...(reason === undefined ? {} : {reason}), rows: []};
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => ({...group, ...explain(group)}));
}

export function kindOfRow(row: ResultRow): GroupKind {
  switch (row.status) {
    case 'success':
      return row.outcome === 'changed' ? 'changed' : 'unchanged';
    case 'skipped':
      return 'up-to-date';
    case 'error':
      return row.outcome === 'held-for-review' ? heldKind(row) : 'failed';
    case 'cancelled':
      return 'not-started';
    case 'pending':
    case 'running':
      return 'unfinished';
    default:
      return row.status satisfies never;
  }
}

/** What was held is that until it left, or somebody said no. */
function heldKind({review}: ResultRow): GroupKind {
  const state = review?.state;
  return state === 'delivered' || state === 'rejected' || state === 'superseded' ? state : 'held';
}

function explain({kind, reason, rows}: RowGroup): Pick<RowGroup, 'cause' | 'next' | 'retry'> {
  if (kind === 'failed' && reason !== undefined && Object.hasOwn(failureReasons, reason)) {
    const {cause, next, retry} = failureReasons[reason as keyof typeof failureReasons];
    return {cause, next, retry};
  }
  if (kind === 'held') {
    const {cause} = failureReasons['held-for-review'];
    const steps = new Set(rows.flatMap(({next}) => next ?? []));
    return {cause, ...(steps.size === 0 ? {} : {next: [...steps].join('; ')})};
  }
  if (kind === 'not-started' && reason !== undefined && Object.hasOwn(notStartedReasons, reason)) {
    return {cause: notStartedReasons[reason as keyof typeof notStartedReasons], next: 'orchestrator resume'};
  }
  if (kind === 'unfinished')
    return {cause: 'The job had not ended when the results were written.', next: 'orchestrator status'};
  return {};
}

/** Known cost of the rows, and how many have an unknown one. */
function costOfRows(rows: readonly ResultRow[]): {usd: number; unknown: number} {
  return {
    usd: rows.reduce((sum, row) => sum + (row.cost_usd ?? 0), 0),
    unknown: rows.filter(row => row.cost_usd === null).length,
  };
}

/** `24 jobs: 2 failed, 1 not started, 21 changed; 1.1200 USD`. */
export function summarizeRows(rows: readonly ResultRow[]): string {
  const counts = new Map<GroupKind, number>();
  for (const group of groupRows(rows)) counts.set(group.kind, (counts.get(group.kind) ?? 0) + group.rows.length);
  const parts = [...counts].map(([kind, count]) => `${count} ${groupKinds[kind]}`);
  const {usd, unknown} = costOfRows(rows);
  const jobs = `${rows.length} job${rows.length === 1 ? '' : 's'}`;
  return `${jobs}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}; ${formatUsd(usd)} USD${unknown === 0 ? '' : ` plus ${unknown} of unknown cost`}`;
}
