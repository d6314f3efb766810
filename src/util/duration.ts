/** `0.4 s`, `0:19`, `4:02`, `1:04:02`. */
export function duration(ms: number): string {
  return ms < 9_950 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : clockTime(Math.round(ms / 1000));
}

/** `0:19`, `4:02`, `1:04:02`. */
export function clockTime(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  const rest = two(seconds % 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}
