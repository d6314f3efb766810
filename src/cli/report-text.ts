import {type GroupKind, groupRows, type RowGroup, summarizeRows} from '../report/group-rows.ts';
import type {ResultRow} from '../report/results-schema.ts';
import {duration} from '../util/duration.ts';
import {escapeLine} from '../util/escape-text.ts';
import {renderTable, type TableOptions} from './table.ts';

const heads: Readonly<Record<GroupKind, string>> = {
  failed: '✗ failed',
  held: '! held for review',
  'not-started': '· not started',
  unfinished: '⟳ not ended',
  changed: '✓ changed',
  unchanged: '✓ unchanged',
  'up-to-date': '✓ up to date',
};

const retryWords = {
  yes: 'a retry can help',
  'after-fix': 'a retry helps after a fix',
  no: 'a retry does not help',
} as const;

/** Results for people: what failed first, each cause with its evidence and what to do. */
export function renderReport(rows: readonly ResultRow[], options: TableOptions): string {
  const groups = groupRows(rows);
  return [
    ...groups.map(group => `${renderGroup(group, options)}\n`),
    `${summarizeRows(rows)}\n`,
    ...nextCommands(groups, rows).map((command, index) => `${index === 0 ? 'next  ' : '      '}${command}\n`),
  ].join('');
}

function renderGroup(group: RowGroup, options: TableOptions): string {
  const {kind, reason, cause, retry, rows} = group;
  const name = `${heads[kind]}${reason === undefined ? '' : `: ${escapeLine(reason)}`} (${rows.length})`;
  const indented = {...options, ...(options.columns === undefined ? {} : {columns: options.columns - 2})};
  const lines = [name];
  if (cause !== undefined) lines.push(`  ${cause}${retry === undefined ? '' : ` (${retryWords[retry]})`}`);
  if (kind === 'unchanged' || kind === 'up-to-date') lines.push(...wrapNames(rows, options.columns ?? 120));
  else lines.push(...indent(kind === 'changed' ? changedTable(rows, indented) : undoneTable(rows, indented)));
  // One next step for all, unless a row brought its own.
  const steps = new Set(rows.map(row => row.next ?? group.next).filter(step => step !== undefined));
  for (const step of [...steps].slice(0, 3)) lines.push(`  next: ${escapeLine(step)}`);
  return `${lines.join('\n')}\n`;
}

function changedTable(rows: readonly ResultRow[], options: TableOptions): string {
  return renderTable(
    [{title: 'JOB', whole: true}, {title: 'FILES'}, {title: 'USD', align: 'right'}, {title: 'TOOK', align: 'right'}],
    rows.map(row => [
      row.job,
      (row.files ?? []).map(file => `${file.path} +${file.added} -${file.removed}`).join(', '),
      usd(row),
      row.duration_ms === undefined ? '' : duration(row.duration_ms),
    ]),
    options,
  );
}

function undoneTable(rows: readonly ResultRow[], options: TableOptions): string {
  return renderTable(
    [{title: 'JOB', whole: true}, {title: 'USD', align: 'right'}, {title: 'WHAT HAPPENED'}],
    rows.map(row => [row.job, usd(row), row.message ?? row.status]),
    options,
  );
}

function indent(table: string): string[] {
  return table
    .trimEnd()
    .split('\n')
    .map(line => `  ${line}`);
}

const shownNames = 200;

function wrapNames(rows: readonly ResultRow[], columns: number): string[] {
  const lines: string[] = [];
  let line = ' ';
  for (const row of rows.slice(0, shownNames)) {
    const name = escapeLine(row.job);
    if (line.length > 1 && line.length + name.length + 1 > columns) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${name}`;
  }
  lines.push(line);
  if (rows.length > shownNames) lines.push(`  and ${rows.length - shownNames} more`);
  return lines;
}

function nextCommands(groups: readonly RowGroup[], rows: readonly ResultRow[]): string[] {
  const has = (kind: GroupKind): boolean => groups.some(group => group.kind === kind);
  const toReview = rows.filter(row => row.outcome === 'held-for-review' || row.delivered?.kind === 'patch').length;
  return [
    ...(toReview > 0 ? [`orchestrator review    shows what waits for a person (${toReview})`] : []),
    ...(has('not-started') || has('unfinished') ? ['orchestrator resume    finishes what was left undone'] : []),
    ...(groups.some(group => group.kind === 'failed' && group.retry !== 'no')
      ? ['orchestrator retry     runs the failed jobs again where that can help']
      : []),
  ];
}

function usd(row: ResultRow): string {
  return row.cost_usd === undefined ? '' : row.cost_usd === null ? '?' : row.cost_usd.toFixed(4);
}
