import {duration} from '../../util/duration.ts';
import {localMinute} from '../../util/local-time.ts';
import type {RunOverview, Standing} from '../api.ts';

/** What was spent, with the digits that a call of a small model needs: `0.0023`, `12.5000`, and `0` where nothing was. */
export function usd(value: number | null | undefined): string {
  if (value === undefined) return '';
  if (value === null) return 'unknown';
  return value === 0 ? '0' : decimals(value, 4);
}

/** A limit that somebody wrote: `5.00`. */
export function limitText(value: number): string {
  return decimals(value, 2);
}

function decimals(value: number, digits: number): string {
  return value.toLocaleString('en', {minimumFractionDigits: digits, maximumFractionDigits: digits});
}

export function number(value: number): string {
  return value.toLocaleString('en');
}

/** `Thu 20 Nov 22:30`, with its year when that is another one; the hour alone when it is the same day as `near`. */
export function moment(ms: number, near?: number): string {
  const at = new Date(ms);
  const time = localMinute(at);
  if (near !== undefined && new Date(near).toDateString() === at.toDateString()) return time;
  const year = at.getFullYear() === new Date().getFullYear() ? '' : ` ${at.getFullYear()}`;
  return `${days[at.getDay()]} ${at.getDate()} ${months[at.getMonth()]}${year} ${time}`;
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `2025-11-24` as `24 Nov`. */
export function dayText(date: string): string {
  const [, month = '1', day = '1'] = date.split('-');
  return `${Number(day)} ${months[Number(month) - 1]}`;
}

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const;

/** How long ago, roughly: `3 d`, `5 h`, `now`. */
export function age(ms: number): string {
  const since = Date.now() - ms;
  const [unit, word] = units.find(([size]) => since >= size) ?? [0, ''];
  return word === '' ? 'now' : `${Math.floor(since / unit)} ${word}`;
}

/** `Thu 20 Nov 22:30–23:10 (40:12)`; the begin alone while it goes on. */
export function timesText({startedAt, endedAt, idleMs = 0}: RunOverview): string {
  const begin = moment(startedAt);
  if (endedAt === undefined) return begin;
  // Without the time in which nobody was at it, until it was taken up again.
  return `${begin}–${moment(endedAt, startedAt)} (${duration(endedAt - startedAt - idleMs)})`;
}

/** `3.9100 of 5.00 USD` */
export function spentText({spentUsd, budgetUsd}: RunOverview): string {
  return `${usd(spentUsd)}${budgetUsd === undefined ? '' : ` of ${limitText(budgetUsd)}`} USD`;
}

export function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** A letter, a sign and a word for each: colour never stands alone. */
export const words: Readonly<Record<Standing, {letter: string; sign: string; word: string}>> = {
  'to-review': {letter: 'R', sign: '●', word: 'to review'},
  accepted: {letter: 'A', sign: '✓', word: 'accepted'},
  delivered: {letter: 'D', sign: '✓', word: 'delivered'},
  rejected: {letter: 'X', sign: '✕', word: 'rejected'},
  failed: {letter: 'F', sign: '✗', word: 'failed'},
  'not-started': {letter: 'N', sign: '–', word: 'not started'},
  running: {letter: '⟳', sign: '⟳', word: 'running'},
  pending: {letter: '·', sign: '·', word: 'to start'},
  unchanged: {letter: '=', sign: '=', word: 'unchanged'},
  'up-to-date': {letter: '=', sign: '=', word: 'up to date'},
  replaced: {letter: '↷', sign: '↷', word: 'replaced'},
};

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
