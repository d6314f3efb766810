import type {ChangeRecord} from '../domain/change.ts';
import type {ForgeHost} from '../domain/forge.ts';
import {type Job, laterDelivery} from '../domain/job.ts';
import {deliveryTarget} from '../run/delivery-target.ts';
import type {Destination} from './api.ts';

/** Where the change of this job goes once it is accepted, or went at once. */
export function destinationOf(
  job: Job,
  {
    forges,
    change,
  }: {readonly forges: readonly ForgeHost[]; readonly change?: Pick<ChangeRecord, 'deliver'> | undefined},
): Destination {
  const deliver = laterDelivery(change?.deliver ?? job.deliver, job.path);
  const {place, branch, remote} = deliveryTarget(job, deliver, forges);
  const away = job.path === undefined || deliver === 'pull-request' ? place : remote;
  return {
    deliver,
    place: job.path ?? place,
    ...(branch === undefined ? {} : {branch, ...(away === undefined ? {} : {remote: away})}),
  };
}
