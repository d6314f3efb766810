import {quoteText} from '../util/quote-text.ts';
import type {Branches, PreparedBranch} from '../workspace/branches.ts';
import type {Delivery, DeliveryRequest, DeliveryResult} from './delivery.ts';
import {intendedFiles} from './intended-files.ts';
import {writeFailure} from './write-failure.ts';

export interface BranchDeliveryOptions {
  readonly branches: Branches;
}

/** Leaves the change as one commit on a branch of its own. HEAD, index, stash and work tree stay as they are. */
export function createBranchDelivery({branches}: BranchDeliveryOptions): Delivery {
  return {
    check: async request => await branches.check({...request, ...placesOf(request)}),
    async deliver(request) {
      const prepared = await branches.prepare({...request, ...placesOf(request)});
      return await publish(prepared, request);
    },
  };
}

/** A repo without a path has no other place to go to than its remote. */
function placesOf({job}: Pick<DeliveryRequest, 'job'>): {local: boolean; push: boolean} {
  const local = job.path !== undefined;
  return {local, push: job.push === true || !local};
}

async function publish(prepared: PreparedBranch, request: DeliveryRequest): Promise<DeliveryResult> {
  const {branch, commit, state} = prepared;
  const {intended, blobs} = intendedFiles(request.change);
  if (state === 'same') {
    await prepared.publish();
    return {kind: 'unchanged', files: [], blobs, note: `the branch ${quoteText(branch)} holds this change already`};
  }
  if (state !== 'landed') await request.intend(intended);
  try {
    await prepared.publish();
  } catch (error) {
    throw writeFailure(error, '.git');
  }
  return {kind: 'delivered', delivered: {kind: 'branch', branch, commit}, files: request.change.files, blobs};
}
