import type {ResultRow} from './results-schema.ts';

/**
 * One row for each job (task, skill and repo) of several results, in the order in which the jobs appear first. Of two rows
 * of one job the one that ended last wins; one that ended wins over one that did not, and a later list over an earlier one.
 */
export function mergeRows(lists: readonly (readonly ResultRow[])[]): ResultRow[] {
  const merged = new Map<string, ResultRow>();
  for (const rows of lists) {
    for (const row of rows) {
      const key = keyOf(row);
      const known = merged.get(key);
      if (known === undefined || endOf(row) >= endOf(known)) merged.set(key, row);
    }
  }
  return [...merged.values()];
}

/** Jobs that several rows stand for at different paths: another clone of the repo on another machine, or another repo of that name. */
export function findOtherPaths(lists: readonly (readonly ResultRow[])[]): {job: string; paths: string[]}[] {
  return [...Map.groupBy(lists.flat(), keyOf).values()].flatMap(rows => {
    const paths = [...new Set(rows.flatMap(({path}) => path ?? []))];
    return paths.length > 1 ? [{job: rows[0]!.job, paths}] : [];
  });
}

function keyOf({task, skill, repo}: ResultRow): string {
  return JSON.stringify([task, skill, repo]);
}

function endOf(row: ResultRow): number {
  if (row.status === 'pending') return -2;
  if (row.status === 'running') return -1;
  const at = Date.parse(row.timestamp ?? '');
  return Number.isNaN(at) ? 0 : at;
}
