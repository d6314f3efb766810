import {type ChangeSummary, failsVerify} from './change.ts';

/** Something in it that a person should look at before it leaves. */
export function isFlagged({findings, verified}: Pick<ChangeSummary, 'findings' | 'verified'>): boolean {
  return findings.length > 0 || verified.some(failsVerify);
}

/**
 * Changes that one decision may be about: the same edit by the same skill, with the same findings and the same end of each verify command.
 * What broke a test in one repo is not decided on with what passed in another, however alike the diffs are.
 */
export function reviewGroup({skill, change, findings, verified}: ChangeSummary): string {
  const found = findings.map(({rule, path, detail}) => [rule, path, detail]);
  const ends = verified.map(({command, before, after}) => [command, before, after]);
  return JSON.stringify([skill, change.patchId, found, ends]);
}

/**
 * The order in which a person decides, in every window: what is flagged first, groups together and the largest of them first, then by name.
 * However fast the jobs were, the same night gives the same order.
 */
export function orderForReview(changes: readonly ChangeSummary[]): ChangeSummary[] {
  const groups = [...Map.groupBy(changes, reviewGroup).values()].map(group => group.sort(byName));
  return groups
    .sort((a, b) => Number(isFlagged(b[0]!)) - Number(isFlagged(a[0]!)) || b.length - a.length || byName(a[0]!, b[0]!))
    .flat();
}

function byName(a: ChangeSummary, b: ChangeSummary): number {
  const [first, second] = [a, b].map(({repo, skill, runId, jobId}) => JSON.stringify([repo, skill, runId, jobId]));
  return first! < second! ? -1 : 1;
}
