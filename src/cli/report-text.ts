import type {ChangedFile} from '../domain/outcome.ts';
import {type GroupKind, groupRows, type RowGroup, summarizeRows} from '../report/group-rows.ts';
import {droppedText} from '../report/result-row.ts';
import type {ResultRow} from '../report/results-schema.ts';
import {reviewText, waitsForReview} from '../report/review-state.ts';
import {duration} from '../util/duration.ts';
import {escapeLine} from '../util/escape-text.ts';
import {formatUsd} from '../util/format-usd.ts';
import {linesText} from '../util/lines-text.ts';
import {type Column, renderTable, type TableOptions} from './table.ts';
import {wrapWords} from './wrap-words.ts';

const heads: Readonly<Record<GroupKind, string>> = {
  failed: '✗ failed',
  held: '! held for review',
  'not-started': '· not started',
  unfinished: '⟳ not ended',
  changed: '✓ changed',
  delivered: '✓ delivered after review',
  rejected: '– rejected',
  superseded: '– replaced by a later change',
  unchanged: '✓ unchanged',
  'up-to-date': '✓ up to date',
};

const retryWords = {
  yes: 'a retry can help',
  'after-fix': 'a retry helps after a fix',
  no: 'a retry does not help',
} as const;

/** Results for people: what failed first, each cause with its evidence and what to do. */
export function renderReport(
  rows: readonly ResultRow[],
  {
    withNext,
    ...options
  }: TableOptions & {
    /** Name the commands that go on from there. */
    readonly withNext: boolean;
  },
): string {
  const groups = groupRows(rows);
  return [
    ...groups.map(group => `${renderGroup(group, options)}\n`),
    `${summarizeRows(rows)}\n`,
    ...(withNext ? nextCommands(groups, rows) : []).map(
      (command, index) => `${index === 0 ? 'next  ' : '      '}${command}\n`,
    ),
  ].join('');
}

function renderGroup(group: RowGroup, options: TableOptions): string {
  const {kind, reason, cause, retry, rows} = group;
  const name = `${heads[kind]}${reason === undefined ? '' : `: ${escapeLine(reason)}`} (${rows.length})`;
  const indented = {...options, ...(options.columns === undefined ? {} : {columns: options.columns - 2})};
  const lines = [name];
  const say = (text: string): void => void lines.push(...wrapped(text, options));
  if (cause !== undefined) say(`${cause}${retry === undefined ? '' : ` (${retryWords[retry]})`}`);
  if (kind === 'unchanged' || kind === 'up-to-date') lines.push(...wrapNames(rows, options.columns ?? 120));
  else lines.push(...indent(hasFiles.has(kind) ? changedTable(rows, indented) : undoneTable(rows, indented)));
  for (const {job, dropped} of rows)
    if (dropped !== undefined) say(`! ${escapeLine(`${job}: ${droppedText(dropped)}`)}`);
  // One next step for all, unless a row brought its own.
  const steps = new Set(rows.map(row => row.next ?? group.next).filter(step => step !== undefined));
  for (const step of [...steps].slice(0, 3)) say(`next: ${escapeLine(step)}`);
  return `${lines.join('\n')}\n`;
}

/** Below the head of its group. */
function wrapped(text: string, {columns = Number.POSITIVE_INFINITY}: TableOptions): string[] {
  return wrapWords(`  ${text}`, {columns, indent: '  '});
}

/** Shown with what changed; the others with what happened. */
const hasFiles: ReadonlySet<GroupKind> = new Set(['changed', 'delivered', 'rejected', 'superseded']);

function changedTable(rows: readonly ResultRow[], options: TableOptions): string {
  const now = nowColumn(rows);
  return renderTable(
    [
      {title: 'JOB', whole: true},
      {title: 'FILES', least: 24},
      ...now.column,
      {title: 'USD', align: 'right'},
      {title: 'TOOK', align: 'right'},
    ],
    rows.map(row => [
      row.job,
      filesText(row.files ?? []),
      ...now.cells(row),
      usd(row),
      row.duration_ms === undefined ? '' : duration(row.duration_ms),
    ]),
    options,
  );
}

/** A change of many files would make every other line of the table as long. */
const namedFiles = 3;

function filesText(files: readonly ChangedFile[]): string {
  if (files.length <= namedFiles) return files.map(file => `${file.path} ${linesText([file])}`).join(', ');
  const names = files.slice(0, namedFiles).map(({path}) => path);
  return `${files.length} files ${linesText(files)}: ${names.join(', ')}, …`;
}

/** What became of the change of each since; none where nobody has to decide about any. */
function nowColumn(rows: readonly ResultRow[]): {column: Column[]; cells(row: ResultRow): string[]} {
  if (rows.every(({review}) => review === undefined)) return {column: [], cells: () => []};
  return {
    column: [{title: 'NOW'}],
    cells: ({review}) => [review === undefined ? '' : reviewText(review)],
  };
}

function undoneTable(rows: readonly ResultRow[], options: TableOptions): string {
  const now = nowColumn(rows);
  return renderTable(
    [{title: 'JOB', whole: true}, {title: 'USD', align: 'right'}, ...now.column, {title: 'WHAT HAPPENED', least: 24}],
    rows.map(row => [row.job, usd(row), ...now.cells(row), row.message ?? row.status]),
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
  const toReview = rows.filter(waitsForReview).length;
  const toDeliver = rows.filter(({review}) => review?.state === 'to-deliver').length;
  return [
    ...(toReview > 0 ? [`orchestrator review    shows what waits for a person (${toReview})`] : []),
    ...(toDeliver > 0 ? [`orchestrator deliver   delivers what was accepted (${toDeliver})`] : []),
    ...(has('not-started') || has('unfinished') ? ['orchestrator resume    finishes what was left undone'] : []),
    ...(groups.some(group => group.kind === 'failed' && group.retry !== 'no')
      ? ['orchestrator retry     runs the failed jobs again where that can help']
      : []),
  ];
}

function usd(row: ResultRow): string {
  return row.cost_usd === undefined ? '' : row.cost_usd === null ? '?' : formatUsd(row.cost_usd);
}
