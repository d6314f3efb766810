import {localDate, localMinute} from '../util/local-time.ts';

/** `2025-12-01 02:00` in local time. */
export function localTime(ms: number): string {
  const at = new Date(ms);
  return `${localDate(at)} ${localMinute(at)}`;
}

/** `02:00` on the day of `nowMs`, with the date otherwise. */
export function localMoment(ms: number, nowMs: number): string {
  return new Date(ms).toDateString() === new Date(nowMs).toDateString() ? localMinute(new Date(ms)) : localTime(ms);
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
