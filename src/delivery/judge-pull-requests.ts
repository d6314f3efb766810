import type {ObjectReader} from '../domain/git.ts';
import {JobFailure} from '../domain/outcome.ts';
import {isObjectId} from '../util/git-blob-id.ts';
import {NotWanted} from './delivery.ts';
import type {PullRequest} from './forge.ts';
import {readMarker, skipLabel} from './pull-request-text.ts';

/** Throws `NotWanted` when one of all that came from the branch asks to be left alone. */
export function assertWanted(pulls: readonly PullRequest[]): void {
  const labelled = pulls.find(({labels}) => labels.some(label => label.toLowerCase() === skipLabel));
  if (labelled !== undefined) throw new NotWanted(`pull request ${labelled.number} carries the label ${skipLabel}`);
}

/** Throws `NotWanted` when the newest of them was merged, and the repo here is still without it: what is made from here was made before. */
export async function assertNotBehind(pulls: readonly PullRequest[], reader: ObjectReader): Promise<void> {
  const [newest] = [...pulls].sort((a, b) => b.number - a.number);
  if (newest?.state !== 'merged' || !(await isMissingHere(newest, reader))) return;
  throw new NotWanted(`pull request ${newest.number} was merged, and this clone does not have it yet: update it`);
}

/** Why the same change is not proposed again, in words for people; undefined when nobody has decided about it. */
export async function describePast(
  pulls: readonly PullRequest[],
  patchId: string,
  reader: ObjectReader,
): Promise<string | undefined> {
  if (pulls.some(({state}) => state === 'open')) return undefined;
  const same = pulls.find(({body}) => readMarker(body)?.patch === patchId);
  if (same === undefined) return undefined;
  if (same.state !== 'merged')
    return `pull request ${same.number} with the same change was closed; it is not opened again`;
  const where = (await isMissingHere(same, reader)) ? 'this clone does not have it yet' : 'is not there any more';
  return `the same change was merged with pull request ${same.number}, and ${where}`;
}

/** More than anybody is behind. */
const maxCommits = 500;

/** Whether the repo is at a commit from before the merge. False where that cannot be told. */
async function isMissingHere({mergedAs}: PullRequest, reader: ObjectReader): Promise<boolean> {
  if (mergedAs === undefined || !isObjectId(mergedAs)) return false;
  const {commit} = reader.head;
  const own = await reader.history(commit, maxCommits);
  if (own.some(({id}) => id === mergedAs)) return false;
  const theirs = await reader.history(mergedAs, maxCommits).catch(error => {
    if (!(error instanceof JobFailure)) throw error;
    return [];
  });
  // It was fetched, and HEAD is somewhere before it.
  if (theirs.length > 0) return theirs.some(({id}) => id === commit);
  const isShallow = own.length < maxCommits && own.at(-1)?.parents.length !== 0;
  return !isShallow;
}
