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

/** `0.4 s`, `0:19`, `4:02`, `1:04:02`. */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const rest = String(seconds % 60).padStart(2, '0');
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
