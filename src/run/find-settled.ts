import type {Change, ChangeSummary} from '../domain/change.ts';
import type {Job} from '../domain/job.ts';
import {gitBlobId} from '../util/git-blob-id.ts';
import {localDate} from '../util/local-time.ts';
import type {JobTools, OpenRepo} from './job-tools.ts';

/**
 * Why a change needs no second look: a person has accepted the very same one, and it was delivered and is where it went. Undefined when it is
 * new, or when it is not there any more. Only a patch waits for somebody again; every other delivery finds by itself what is there.
 */
export async function findSettled(
  job: Job,
  change: Change,
  repo: OpenRepo,
  {ledger, holdsBlob}: Pick<JobTools, 'ledger' | 'holdsBlob'>,
): Promise<string | undefined> {
  if (job.deliver !== 'patch' || change.edits.length === 0) return undefined;
  const delivered = await ledger.changes({repoKey: repo.key, patchId: change.patchId, state: 'delivered'});
  const newest = delivered.findLast(({jobId, decision}) => jobId === job.id && decision.kind === 'accepted');
  if (newest?.decision.kind !== 'accepted' || !(await isThere(newest, change, repo, holdsBlob))) return undefined;
  const where = newest.delivered?.url ?? newest.delivered?.branch;
  const place = where === undefined ? 'is in the files, not committed yet' : `was delivered: ${where}`;
  return `the same change was accepted on ${localDate(new Date(newest.decision.at))} and ${place}`;
}

/** What became of a branch or a pull request is a person's to say; files are looked at. */
async function isThere(
  {delivered}: ChangeSummary,
  {edits}: Change,
  {workTree, reader}: OpenRepo,
  holdsBlob: JobTools['holdsBlob'],
): Promise<boolean> {
  if (delivered?.kind !== 'files') return true;
  if (workTree === undefined) return false;
  for (const {path, after} of edits) {
    // An empty id stands for no file.
    const blob = after === undefined ? '' : gitBlobId(reader.objectFormat, after.bytes);
    if (!(await holdsBlob(workTree, path, blob))) return false;
  }
  return true;
}
