import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import type {Decision, PolicyFinding, VerifyResult} from '../domain/change.ts';
import {escapeHtml, renderText} from '../util/escape-html.ts';
import {sumLines} from '../util/sum-lines.ts';
import {type GroupKind, groupRows, type RowGroup, summarizeRows} from './group-rows.ts';
import {renderDiff} from './html-diff.ts';
import {filterScript} from './html-report-script.ts';
import type {PatchFile} from './patch-view.ts';
import type {ResultRow} from './results-schema.ts';

/** What is known of the change of a row; all texts are untrusted. */
export interface ReportChange {
  readonly files: readonly PatchFile[];
  readonly summary?: string;
  readonly findings: readonly PolicyFinding[];
  readonly verified: readonly VerifyResult[];
  readonly decision: Decision;
}

export interface HtmlReport {
  readonly title: string;
  readonly rows: readonly ResultRow[];
  /** Undefined where there is none. */
  readonly changeOf: (row: ResultRow) => ReportChange | undefined;
  /** Milliseconds since 1970. */
  readonly madeAt: number;
}

/** Lines of diffs in one report; a file that mail programs and browsers still open. */
const maxDiffLines = 40_000;

/**
 * The results as one file that needs nothing else: no server, no outside request, nothing to install. It is complete without
 * its script, which only filters; its policy lets no other script run.
 */
export function renderHtml({title, rows, changeOf, madeAt}: HtmlReport): string {
  const style = readStyle('look.css') + readStyle('html-report.css');
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(filterScript)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const groups = groupRows(rows);
  const changes = new ChangeList(changeOf);
  const body = groups.flatMap(group => group.rows.map(row => renderRow(group, row, changes)));
  return [
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">\n`,
    '<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width, initial-scale=1">\n',
    `<meta name="color-scheme" content="light dark"><title>${escapeHtml(title)}</title>\n<style>${style}</style></head>\n`,
    `<body><main><header><p class="eyebrow">orchestrator report · ${new Date(madeAt).toISOString().slice(0, 16).replace('T', ' ')} UTC</p>`,
    `<h1>${renderText(title)}</h1><p class="muted">${escapeHtml(summarizeRows(rows))}</p>`,
    renderCauses(groups),
    `</header>\n${renderFilters(groups)}`,
    '<table class="jobs"><caption class="unseen">Jobs, failures first</caption><thead><tr>',
    '<th scope="col">Repo</th><th scope="col">Skill</th><th scope="col">Result</th><th scope="col" class="number">Diff</th><th scope="col" class="number">USD</th><th scope="col" class="number">Time</th>',
    '</tr></thead>\n<tbody>\n',
    ...body,
    '</tbody></table><p id="none" class="muted" hidden>No job is like that.</p>\n',
    ...changes.render(),
    `</main><script>${filterScript}</script></body></html>\n`,
  ].join('');
}

const words: Readonly<Record<GroupKind, readonly [sign: string, word: string, style: string]>> = {
  failed: ['✗', 'failed', 'failed'],
  held: ['!', 'held for review', 'held'],
  'not-started': ['–', 'not started', 'not-started'],
  unfinished: ['⟳', 'not ended', 'running'],
  changed: ['✓', 'changed', 'changed'],
  delivered: ['✓', 'delivered after review', 'changed'],
  rejected: ['–', 'rejected', 'unchanged'],
  superseded: ['–', 'replaced by a later change', 'unchanged'],
  unchanged: ['=', 'unchanged', 'unchanged'],
  'up-to-date': ['=', 'up to date', 'up-to-date'],
};

function renderCauses(groups: readonly RowGroup[]): string {
  const lines = groups.flatMap(({kind, reason, cause, next, rows}) =>
    kind === 'failed' || kind === 'held' || kind === 'not-started'
      ? [
          `<li><strong>${escapeHtml(reason ?? words[kind][1])}</strong> <span class="muted">× ${rows.length}</span> ${escapeHtml(cause ?? '')}${next === undefined ? '' : ` <strong>Next:</strong> ${escapeHtml(next)}`}</li>`,
        ]
      : [],
  );
  return lines.length === 0 ? '' : `<ul class="causes">${lines.join('')}</ul>`;
}

function renderFilters(groups: readonly RowGroup[]): string {
  const counts = new Map<GroupKind, number>();
  for (const {kind, rows} of groups) counts.set(kind, (counts.get(kind) ?? 0) + rows.length);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const buttons = [...counts].map(
    ([kind, count]) =>
      `<button type="button" data-filter="${kind}" aria-pressed="false">${words[kind][1]} ${count}</button>`,
  );
  return `<div class="filters" hidden><div role="group" aria-label="Which jobs" class="tabs"><button type="button" data-filter="" aria-pressed="true">all ${total}</button>${buttons.join('')}</div><input type="search" aria-label="Filter by text" placeholder="repo, skill, cause …"></div>\n`;
}

function renderRow({kind}: RowGroup, row: ResultRow, changes: ChangeList): string {
  const [sign, word, style] = words[kind];
  const files = row.files ?? [];
  const change = changes.add(kind, row);
  const shown = change?.files ?? files;
  const reason = kind === 'failed' ? row.outcome : row.reason;
  const repo = change === undefined ? renderText(row.repo) : `<a href="#c${change.number}">${renderText(row.repo)}</a>`;
  const message =
    row.message === undefined || kind === 'not-started'
      ? ''
      : `<span class="muted under">${renderText(row.message)}</span>`;
  return [
    `<tr data-kind="${kind}"><th scope="row">${repo}</th><td class="muted">${renderText(row.skill)}</td>`,
    `<td><span class="state-${style}"><span class="sign" aria-hidden="true">${sign}</span>${word}</span>`,
    reason === undefined ? '' : ` <span class="reason">${escapeHtml(reason)}</span>`,
    `${message}</td>`,
    `<td class="number">${shown.length === 0 ? '' : diffstat(shown)}</td>`,
    `<td class="number">${row.cost_usd === undefined ? '' : row.cost_usd === null ? '?' : row.cost_usd.toFixed(4)}</td>`,
    `<td class="number">${row.duration_ms === undefined ? '' : `${(row.duration_ms / 1000).toFixed(1)} s`}</td></tr>\n`,
  ].join('');
}

function diffstat(files: readonly {readonly added: number; readonly removed: number}[]): string {
  const {added, removed} = sumLines(files);
  return `<span class="diffstat"><span class="plus">+${added}</span> <span class="minus">−${removed}</span></span>`;
}

type Listed = ReportChange & {readonly number: number; readonly kind: GroupKind; readonly row: ResultRow};

/** The changes of the rows, in their order, each below its own anchor. */
class ChangeList {
  readonly #changeOf: HtmlReport['changeOf'];
  readonly #all: Listed[] = [];
  #linesLeft = maxDiffLines;

  constructor(changeOf: HtmlReport['changeOf']) {
    this.#changeOf = changeOf;
  }

  add(kind: GroupKind, row: ResultRow): Listed | undefined {
    const change = this.#changeOf(row);
    if (change === undefined) return undefined;
    const listed = {...change, number: this.#all.length + 1, kind, row};
    this.#all.push(listed);
    return listed;
  }

  render(): string[] {
    if (this.#all.length === 0) return [];
    return ['<h2>Changes</h2>\n', ...this.#all.map(change => this.#renderChange(change))];
  }

  #renderChange({number, kind, row, files, summary, findings, verified, decision}: Listed): string {
    const lines = files.reduce((sum, file) => sum + file.hunks.reduce((all, hunk) => all + hunk.lines.length, 0), 0);
    const fits = lines <= this.#linesLeft;
    if (fits) this.#linesLeft -= lines;
    const marks = [
      ...findings.map(({rule}) => `<span class="chip chip-bad">${escapeHtml(rule)}</span>`),
      ...verified.map(
        ({command, after}) =>
          `<span class="chip ${after === 'passed' ? 'chip-good' : 'chip-bad'}">${renderText(command)} ${escapeHtml(after)}</span>`,
      ),
      ...(decision.kind === 'pending' ? [] : [`<span class="chip">${decision.kind}</span>`]),
    ];
    return [
      `<details id="c${number}" data-kind="${kind}"><summary><strong>${renderText(row.repo)}</strong> <span class="muted">${renderText(row.skill)}</span> `,
      diffstat(files),
      ` ${marks.join('')}</summary>`,
      summary === undefined
        ? ''
        : `<blockquote>${renderText(summary)}<footer class="muted">the model's words</footer></blockquote>`,
      findings.length === 0
        ? ''
        : `<ul class="findings">${findings.map(({rule, path, detail}) => `<li><strong>${escapeHtml(rule)}</strong> ${path === undefined ? '' : `<code>${renderText(path)}</code> `}${renderText(detail)}</li>`).join('')}</ul>`,
      fits
        ? files.map(renderDiff).join('')
        : `<p class="muted">This diff is left out of the file, which is long; it is shown by: orchestrator diff</p>`,
      '</details>\n',
    ].join('');
  }
}

function readStyle(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
