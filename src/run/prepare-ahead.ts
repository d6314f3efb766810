import type {Job} from '../domain/job.ts';
import {checkDelivery} from './deliver-change.ts';
import {digestRequest} from './inputs.ts';
import type {JobTools} from './job-tools.ts';
import {type Preparation, type PreparedJob, prepareJob} from './prepare-job.ts';

/**
 * Prepares a job whose turn has not come. All that can be known before it comes is found out now, so that between the answer that
 * frees a place and the call that takes it there is nothing to do but to call.
 */
export async function prepareAhead(job: Job, tools: JobTools): Promise<Preparation> {
  const preparation = await prepareJob(job, tools);
  if (preparation.kind !== 'ready' || job.mode !== 'simple') return preparation;
  try {
    return {kind: 'ready', prepared: await composeCall(preparation.prepared, tools)};
  } catch (error) {
    preparation.prepared.repo.release();
    throw error;
  }
}

async function composeCall(prepared: PreparedJob, tools: JobTools): Promise<PreparedJob> {
  const {job} = prepared;
  // Its text is a part of the request, and is not kept twice.
  const {rendered, ...built} = prepared.built;
  const mode = tools.mode(job.mode);
  const request = mode.preview({
    job,
    skill: tools.skill(job.skill),
    context: built.context,
    ...(rendered === undefined ? {} : {rendered}),
  });
  // Remembered with the request, for when its reply is looked for.
  if (request !== undefined) digestRequest(request, mode.version);
  const isDeliverable = await isDeliverableHere(prepared, tools);
  return {
    ...prepared,
    built,
    ...(request === undefined ? {} : {request}),
    ...(isDeliverable ? {deliverableAt: tools.clock.now()} : {}),
  };
}

/** Only what is asked of this machine; a forge is asked when the turn has come. What is in the way is told then, as it is then. */
async function isDeliverableHere(prepared: PreparedJob, {delivery}: JobTools): Promise<boolean> {
  if (prepared.job.deliver !== 'files') return false;
  return await checkDelivery(prepared, delivery).then(
    () => true,
    () => false,
  );
}
