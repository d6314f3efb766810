import {escapeLine} from '../util/escape-text.ts';
import {kindOfRow} from './group-rows.ts';
import type {ResultRow} from './results-schema.ts';
import {reviewText} from './review-state.ts';

/**
 * The results as JUnit XML: a suite for each task, a case for each job. What failed is a failure, what was left undone or waits
 * for a person an error, what was up to date is skipped: green there means the same as exit code 0.
 */
export function renderJunit(rows: readonly ResultRow[]): string {
  const suites = new Map<string, ResultRow[]>();
  for (const row of rows) suites.set(row.task, [...(suites.get(row.task) ?? []), row]);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="orchestrator" ${totals(rows)}>`,
    ...[...suites].flatMap(([task, cases]) => [
      `  <testsuite name=${quoted(task)} ${totals(cases)}>`,
      ...cases.flatMap(renderCase),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

function totals(rows: readonly ResultRow[]): string {
  const count = (isSo: (row: ResultRow) => boolean): number => rows.filter(isSo).length;
  const time = rows.reduce((sum, row) => sum + (row.duration_ms ?? 0), 0);
  return [
    `tests="${rows.length}"`,
    `failures="${count(row => kindOfRow(row) === 'failed')}"`,
    `errors="${count(isUndone)}"`,
    `skipped="${count(isSkipped)}"`,
    `time="${seconds(time)}"`,
  ].join(' ');
}

function renderCase(row: ResultRow): string[] {
  const head = `    <testcase classname=${quoted(row.skill)} name=${quoted(row.repo)} time="${seconds(row.duration_ms ?? 0)}"`;
  const body = renderBody(row);
  return body === undefined ? [`${head}/>`] : [`${head}>`, `      ${body}`, '    </testcase>'];
}

function renderBody(row: ResultRow): string | undefined {
  const message = quoted(row.message ?? row.status);
  if (kindOfRow(row) === 'failed') {
    return `<failure type=${quoted(row.outcome ?? 'error')} message=${message}>${escapeXml(row.next ?? '')}</failure>`;
  }
  if (isUndone(row))
    return `<error type=${quoted(undoneType(row))} message=${message}>${escapeXml(nextOf(row))}</error>`;
  if (isSkipped(row))
    return `<skipped message=${row.review === undefined ? message : quoted(reviewText(row.review))}/>`;
  return undefined;
}

function isUndone(row: ResultRow): boolean {
  return ['held', 'not-started', 'unfinished'].includes(kindOfRow(row));
}

/** Nothing was to do, or a person said that nothing is. */
function isSkipped(row: ResultRow): boolean {
  return ['up-to-date', 'rejected', 'superseded'].includes(kindOfRow(row));
}

function undoneType({status, outcome}: ResultRow): string {
  return (status === 'error' ? outcome : undefined) ?? (status === 'cancelled' ? 'not-started' : status);
}

function nextOf(row: ResultRow): string {
  return kindOfRow(row) === 'held' ? (row.next ?? 'orchestrator review') : 'orchestrator resume';
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function quoted(text: string): string {
  return `"${escapeXml(text)}"`;
}

/** What is invisible or acts becomes `\u{…}` first; what XML cannot hold at all goes the same way. */
function escapeXml(text: string): string {
  return escapeLine(text)
    .replace(/[\ufffe\uffff]/g, character => `\\u{${character.codePointAt(0)!.toString(16)}}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
