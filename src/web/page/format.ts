import {duration} from '../../util/duration.ts';
import {localMinute} from '../../util/local-time.ts';
import type {RowState, RunOverview} from '../api.ts';

/** `0.02`, `3.91`, and `0.0004` where two digits would say nothing. */
export function usd(value: number | null | undefined): string {
  if (value === undefined) return '';
  if (value === null) return 'unknown';
  if (value === 0) return '0.00';
  return value.toFixed(value < 0.01 ? 4 : 2);
}

/** `Thu 20 Nov 22:30`; the hour alone when it is the same day as `near`. */
export function moment(ms: number, near?: number): string {
  const at = new Date(ms);
  const time = localMinute(at);
  if (near !== undefined && new Date(near).toDateString() === at.toDateString()) return time;
  return `${days[at.getDay()]} ${at.getDate()} ${months[at.getMonth()]} ${time}`;
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Thu 20 Nov 22:30–23:10 (40:12)`; the begin alone while it goes on. */
export function timesText({startedAt, endedAt}: RunOverview): string {
  const begin = moment(startedAt);
  return endedAt === undefined ? begin : `${begin}–${moment(endedAt, startedAt)} (${duration(endedAt - startedAt)})`;
}

/** `3.91 of 5.00 USD` */
export function spentText({spentUsd, budgetUsd}: RunOverview): string {
  return `${usd(spentUsd)}${budgetUsd === undefined ? '' : ` of ${usd(budgetUsd)}`} USD`;
}

export function count(value: number, noun: string): string {
  return `${value.toLocaleString('en')} ${noun}${value === 1 ? '' : 's'}`;
}

/** A letter, a sign and a word for each state: colour never stands alone. */
export const states: Readonly<Record<RowState, {letter: string; sign: string; word: string}>> = {
  failed: {letter: 'F', sign: '✗', word: 'failed'},
  held: {letter: 'H', sign: '!', word: 'held for review'},
  'not-started': {letter: 'N', sign: '–', word: 'not started'},
  running: {letter: 'R', sign: '⟳', word: 'running'},
  pending: {letter: 'P', sign: '·', word: 'to start'},
  changed: {letter: 'C', sign: '✓', word: 'changed'},
  unchanged: {letter: 'U', sign: '=', word: 'unchanged'},
  'up-to-date': {letter: '=', sign: '=', word: 'up to date'},
};
