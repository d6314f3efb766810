/** User id that files of this process belong to; undefined where the system has none. */
export function effectiveUserId(): number | undefined {
  return process.geteuid?.();
}
