/** `11 changed, 2 failed`: the counts that are not zero; `none` when all are. */
export function joinCounts(counts: readonly (readonly [number, string])[], none: string): string {
  const shown = counts.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`);
  return shown.length === 0 ? none : shown.join(', ');
}
