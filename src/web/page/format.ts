import type {JobRow, RowState} from '../api.ts';

/** `0.02`, `3.91`, and `0.0004` where two digits would say nothing. */
export function usd(value: number | null | undefined): string {
  if (value === undefined) return '';
  if (value === null) return 'unknown';
  if (value === 0) return '0.00';
  return value.toFixed(value < 0.01 ? 4 : 2);
}

/** `0.4 s`, `0:19`, `4:02`, `1:04:02`. */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const rest = String(seconds % 60).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${rest}`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

/** `Thu 20 Nov 22:30`; the hour alone when it is the same day as `near`. */
export function moment(ms: number, near?: number): string {
  const at = new Date(ms);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (near !== undefined && new Date(near).toDateString() === at.toDateString()) return time;
  return `${days[at.getDay()]} ${at.getDate()} ${months[at.getMonth()]} ${time}`;
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function two(value: number): string {
  return String(value).padStart(2, '0');
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

export function isToReview({decision, delivered, superseded}: JobRow): boolean {
  return decision === 'pending' && delivered === undefined && superseded === undefined;
}
