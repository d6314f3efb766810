const weekMs = 7 * 86_400_000;
// 1 January 1970 was a Thursday; weeks begin on Monday.
const mondayMs = 4 * 86_400_000;

/** SQL for the number of the week of a time in milliseconds. */
export function weekOf(column: string): string {
  return `(${column} - ${mondayMs}) / ${weekMs}`;
}

/** Its Monday, `YYYY-MM-DD`, UTC. */
export function weekOfIndex(index: number): string {
  return new Date(index * weekMs + mondayMs).toISOString().slice(0, 10);
}
