import {NotWanted} from './delivery.ts';
import type {PullRequest} from './forge.ts';
import {readMarker, skipLabel} from './pull-request-text.ts';

/** Throws `NotWanted` when one of all that came from the branch asks to be left alone. */
export function assertWanted(pulls: readonly PullRequest[]): void {
  const labelled = pulls.find(({labels}) => labels.some(label => label.toLowerCase() === skipLabel));
  if (labelled !== undefined) throw new NotWanted(`pull request ${labelled.number} carries the label ${skipLabel}`);
}

/** Why the same change is not proposed again, in words for people; undefined when nobody has decided about it. */
export function describePast(pulls: readonly PullRequest[], patchId: string): string | undefined {
  if (pulls.some(({state}) => state === 'open')) return undefined;
  const same = pulls.find(({body}) => readMarker(body)?.patch === patchId);
  if (same === undefined) return undefined;
  return same.state === 'merged'
    ? `the same change was merged with pull request ${same.number}, and is not there any more`
    : `pull request ${same.number} with the same change was closed; it is not opened again`;
}
