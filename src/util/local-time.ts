/** `2025-12-01` in local time. */
export function localDate(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** `02:00:59` in local time. */
export function localClock(at: Date): string {
  return at.toTimeString().slice(0, 8);
}

/** `02:00` in local time. */
export function localMinute(at: Date): string {
  return localClock(at).slice(0, 5);
}
