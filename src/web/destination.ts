import type {ChangeRecord} from '../domain/change.ts';
import {type Job, laterDelivery} from '../domain/job.ts';
import {branchNames} from '../workspace/branch-name.ts';
import {withoutUser} from '../workspace/remote-url.ts';
import type {Destination} from './api.ts';

/** Where the change of this job goes once it is accepted, or went at once. */
export function destinationOf(job: Job, change?: Pick<ChangeRecord, 'repoKey' | 'deliver'>): Destination {
  const later = laterDelivery(change?.deliver ?? job.deliver, job.path);
  // Files without a folder to go to become a branch when they are delivered.
  const deliver = later === 'files' && job.path === undefined ? 'branch' : later;
  const url = job.url === undefined ? undefined : withoutUser(job.url);
  const place = job.path ?? change?.repoKey ?? url ?? job.repo;
  if (deliver === 'files' || deliver === 'patch') return {deliver, place};
  const isPushed = deliver === 'pull-request' || job.push === true || job.path === undefined;
  return {
    deliver,
    place,
    branch: branchNames(job).plain,
    ...(isPushed ? {remote: url ?? 'its remote'} : {}),
  };
}
