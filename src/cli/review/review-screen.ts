import stringWidth from 'string-width';
import type {ChangeSummary, Decision} from '../../domain/change.ts';
import type {JobRecord} from '../../domain/run.ts';
import {truncate} from '../../report/live-frame.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {formatUsd} from '../../util/format-usd.ts';
import {joinCounts} from '../../util/join-counts.ts';
import {findingText, sizeText, verifyText} from '../change-text.ts';
import {escapeCode, painter, type ShownLine, wrapCells} from '../patch-text.ts';
import {wrapWords} from '../wrap-words.ts';
import type {ReviewQueue} from './review-queue.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ReviewScreen extends ScreenSize {
  readonly color: boolean;
  /** First body line that is shown. */
  readonly scroll: number;
  /** Asked for at the bottom instead of the keys. */
  readonly question?: string;
}

export interface ShownChange {
  readonly change: ChangeSummary;
  readonly record: JobRecord | undefined;
  /** What fills the middle: the patch, or what the model answered. */
  readonly body: readonly ShownLine[];
}

/** One change to decide on, as exactly `rows` lines of at most `columns` cells. Pure. */
export function renderReview(
  queue: ReviewQueue,
  shown: ShownChange,
  screen: ReviewScreen,
): {lines: string[]; maxScroll: number} {
  const {columns, rows} = screen;
  const paint = painter(screen.color);
  const {change} = shown;
  const like = queue.like().length;
  const head = [
    paint('1', crop(headline(queue, shown), columns)),
    ...whyLines(change.change.summary, columns),
    ...sameLines(queue, columns).map(line => paint('36', line)),
    ...flagLines(shown, columns).map(({text, isBad}) => (isBad ? paint('31', text) : paint('2', text))),
    ...decisionLine(queue.decisionOn(change)).map(text => paint('33', crop(text, columns))),
    paint('2', '─'.repeat(columns - 1)),
  ].slice(0, Math.max(2, rows - 6));
  const foot = [paint('2', '─'.repeat(columns - 1)), crop(screen.question ?? keysText(like, columns), columns)];
  const height = Math.max(1, rows - head.length - foot.length);
  const body = shown.body.flatMap(({kind, text}) =>
    wrapCells(escapeCode(text), columns - 2).map(piece => paint(lineColors[kind], ` ${piece}`)),
  );
  const maxScroll = Math.max(0, body.length - height);
  const from = Math.min(screen.scroll, maxScroll);
  const visible = body.slice(from, from + height);
  const below = body.length - from - visible.length;
  if (below > 0) visible[visible.length - 1] = paint('2', crop(` ↓ ${below + 1} more lines (space)`, columns));
  while (visible.length < height) visible.push('');
  return {lines: [...head, ...visible, ...foot].slice(0, rows), maxScroll};
}

const lineColors: Readonly<Record<ShownLine['kind'], string>> = {' ': '', '+': '32', '-': '31', '@': '1;36', '!': '33'};

function headline(queue: ReviewQueue, {change, record}: ShownChange): string {
  const usd = record?.detail?.outcome.cost.usd;
  const cost = usd === undefined ? [] : [usd === null ? 'cost unknown' : `${formatUsd(usd)} USD`];
  const checks = change.verified.filter(({after}) => after === 'passed').map(verifyText);
  return [
    ` ${queue.position} of ${queue.changes.length}   ${escapeLine(change.repo)}`,
    escapeLine(change.skill),
    sizeText(change),
    ...cost,
    ...checks,
  ].join(' · ');
}

/** Whom `A` and `R` are about, by name, and whom they leave out although the edit is the same. */
function sameLines(queue: ReviewQueue, columns: number): string[] {
  const names = (changes: readonly ChangeSummary[]): string => changes.map(({repo}) => escapeLine(repo)).join(', ');
  const [like, unlike] = [queue.like(), queue.unlike()];
  return [
    ...(like.length > 1 ? [` the same in ${like.length} repos: ${names(like)}`] : []),
    ...(unlike.length > 0 ? [` the same edit, other findings or checks, decided by itself: ${names(unlike)}`] : []),
  ].flatMap(text => wrapWords(text, {columns: columns - 1, indent: '   ', maxLines: 3}));
}

function flagLines({change, record}: ShownChange, columns: number): {text: string; isBad: boolean}[] {
  const flags = [
    ...change.verified.filter(({after}) => after !== 'passed').map(result => `verify: ${verifyText(result)}`),
    ...change.findings.map(findingText),
  ];
  const outcome = record?.detail?.outcome;
  const failure =
    outcome?.status === 'failed' && outcome.failure.reason !== 'held-for-review'
      ? wrapFlag(` ${outcome.failure.reason}: ${escapeLine(outcome.failure.message)}`, columns)
      : [];
  if (flags.length === 0) return [...failure, {text: ' flags: none', isBad: false}];
  const told = flags.slice(0, 4);
  const more = flags.length - told.length;
  return [
    ...failure,
    ...told.flatMap(flag => wrapFlag(` ! ${flag}`, columns)),
    ...(more > 0 ? [{text: ` ! and ${more} more`, isBad: true}] : []),
  ];
}

function wrapFlag(text: string, columns: number): {text: string; isBad: boolean}[] {
  return wrapWords(text, {columns: columns - 1, indent: '   ', maxLines: 3}).map(line => ({text: line, isBad: true}));
}

function decisionLine(decision: Decision | undefined): string[] {
  if (decision === undefined || decision.kind === 'pending') return [];
  if (decision.kind === 'accepted') return [' accepted'];
  return [` rejected: ${decision.why}${decision.text === undefined ? '' : `, ${escapeLine(decision.text)}`}`];
}

function keysText(like: number, columns: number): string {
  const all = like > 1 ? `  [A] accept all ${like} like this  [R] reject all ${like}` : '';
  const long = ` [a] accept${all}  [r] reject…  [s] later  [u] undo  [t] reply  [o] open  [?] keys  [q] quit`;
  if (stringWidth(long) < columns) return long;
  return ` a accept${like > 1 ? `  A all ${like}` : ''}  r reject  s later  u undo  t reply  o open  ? keys  q quit`;
}

export const helpText = `Keys

  a  accept                          A  accept all that are the same change
  r  reject, then a reason           R  reject all that are the same change
  s  later                           u  undo the last decision
  j  k  next, previous change        space  b  page down, up
  t  what the model answered         o  open in $VISUAL, $EDITOR or $PAGER
  q  leave; every decision is kept, nothing is delivered

Reasons: w wrong   u unwanted   s style   r risky`;

export function textLines(text: string): ShownLine[] {
  return text.split('\n').map(line => ({kind: ' ', text: line}));
}

/** What was decided and what to do next. */
export function summaryLines(queue: ReviewQueue, next: readonly string[]): string[] {
  const {accepted, rejected, open} = queue.counts;
  const counts = joinCounts(
    [
      [accepted, 'accepted'],
      [rejected, 'rejected'],
      [open, 'to review'],
    ],
    'nothing to review',
  );
  return [counts, ...next.map((step, index) => `${index === 0 ? 'next    ' : '        '} ${step}`)];
}

function crop(text: string, columns: number): string {
  return truncate(text, columns - 1);
}

function whyLines(summary: string | undefined, columns: number): string[] {
  const lines = (summary ?? '')
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(escapeLine);
  const [first = '–', second] = lines;
  const more = second === undefined ? '' : ` ${second}${lines.length > 2 ? ' …' : ''}`;
  return wrapWords(` why: ${first}${more}`, {columns: columns - 1, indent: '      ', maxLines: 3});
}
