import {escapeLine} from '../util/escape-text.ts';
import {formatUsd} from '../util/format-usd.ts';
import {type GroupKind, groupRows, type RowGroup, summarizeRows} from './group-rows.ts';
import type {ResultRow} from './results-schema.ts';
import {reviewText} from './review-state.ts';

const titles: Readonly<Record<GroupKind, string>> = {
  failed: 'Failed',
  held: 'Held for review',
  'not-started': 'Not started',
  unfinished: 'Not ended',
  changed: 'Changed',
  delivered: 'Delivered after review',
  rejected: 'Rejected',
  superseded: 'Replaced by a later change',
  unchanged: 'Unchanged',
  'up-to-date': 'Up to date',
};

/** The results as Markdown for an issue or a wiki. Untrusted text stands in code spans, where no mention, link or image works. */
export function renderMarkdown(rows: readonly ResultRow[], title: string): string {
  const lines = [`# ${code(title)}`, '', summarizeRows(rows), ''];
  let lastKind: GroupKind | undefined;
  for (const group of groupRows(rows)) {
    if (group.kind !== lastKind) lines.push(`## ${titles[group.kind]}`, '');
    lastKind = group.kind;
    lines.push(...groupLines(group), '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function groupLines(group: RowGroup): string[] {
  const {kind, reason, cause, next, retry, rows} = group;
  if (kind === 'changed' || kind === 'delivered' || kind === 'rejected' || kind === 'superseded') {
    const now = rows.some(({review}) => review !== undefined);
    return table(
      ['Job', 'Files', 'Lines', 'USD', ...(now ? ['Now'] : [])],
      rows.map(row => [
        code(row.job),
        (row.files ?? []).map(file => code(file.path)).join(' '),
        linesOf(row),
        usd(row),
        ...(now ? [nowOf(row)] : []),
      ]),
    );
  }
  if (kind === 'unchanged' || kind === 'up-to-date') return rows.map(row => `- ${code(row.job)}`);
  const retryText = retry === undefined ? '' : ` A retry helps: ${retry}.`;
  return [
    `**${reason ?? titles[kind]}** (${rows.length}): ${cause ?? ''}${retryText}${next === undefined ? '' : ` Next: ${next}`}`,
    '',
    ...table(
      ['Job', 'What happened', 'Next', 'USD'],
      rows.map(row => [
        code(row.job),
        [code(row.message ?? row.status), nowOf(row)].filter(text => text !== '').join(' '),
        row.next === undefined ? '' : code(row.next),
        usd(row),
      ]),
    ),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/** Untrusted text as a code span that also holds inside a table. */
function code(text: string): string {
  const escaped = escapeLine(text).replaceAll('|', '\\|');
  if (escaped.trim() === '') return '';
  const longest = Math.max(0, ...(escaped.match(/`+/g) ?? []).map(run => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = escaped.startsWith('`') || escaped.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${escaped}${pad}${fence}`;
}

function nowOf({review}: ResultRow): string {
  return review === undefined ? '' : code(reviewText(review));
}

function linesOf(row: ResultRow): string {
  const sum = (key: 'added' | 'removed'): number => (row.files ?? []).reduce((total, file) => total + file[key], 0);
  return `+${sum('added')} −${sum('removed')}`;
}

function usd(row: ResultRow): string {
  return row.cost_usd === undefined ? '' : row.cost_usd === null ? '?' : formatUsd(row.cost_usd);
}
