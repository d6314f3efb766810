import type {ShownCommit} from '../../domain/context.ts';

/** YYYY-MM-DD of a commit. */
export function dayOf(commit: ShownCommit): string {
  return /^\d{4}-\d{2}-\d{2}/.exec(commit.date)?.[0] ?? 'unknown day';
}
