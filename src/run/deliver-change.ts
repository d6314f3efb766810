import type {DeliveryPlace, DeliveryResult, IntendedFile} from '../delivery/delivery.ts';
import type {Change, Proposal} from '../domain/change.ts';
import type {DeliveryRecord, Ledger} from '../ledger/ledger.ts';
import {createNormaliser} from './inputs.ts';
import type {JobTools, OpenRepo} from './job-tools.ts';
import type {JobTrace} from './job-trace.ts';
import type {PreparedJob} from './prepare-job.ts';

/** What delivering needs of a prepared job. */
export type DeliverableJob = Pick<PreparedJob, 'job' | 'repo' | 'deliveries'> & {
  readonly built: Pick<PreparedJob['built'], 'entries'>;
};

export function placeOf({repo, built, deliveries}: DeliverableJob): DeliveryPlace & Pick<OpenRepo, 'reader'> {
  return {
    workTree: repo.workTree,
    reader: repo.reader,
    committed: {get: path => built.entries.get(path)?.id, has: path => built.entries.has(path)},
    earlier: deliveries.map(({path, blob}) => ({path, blob})),
  };
}

/** Hands the change to its delivery. What it intends is durable in the ledger before the first effect. */
export async function deliverChange(
  prepared: DeliverableJob,
  proposal: Pick<Proposal, 'edits'>,
  change: Change,
  {spent, verified}: Pick<JobTrace, 'spent' | 'verified'>,
  tools: Pick<JobTools, 'delivery' | 'runId' | 'runStartedAt'> & {readonly ledger: Pick<Ledger, 'intendDelivery'>},
): Promise<DeliveryResult> {
  const {job, repo, deliveries} = prepared;
  return await tools.delivery(job.deliver).deliver({
    ...placeOf(prepared),
    job,
    run: {id: tools.runId, startedAt: tools.runStartedAt},
    change,
    spent,
    verified,
    edits: proposal.edits,
    unconfirmed: deliveries
      .filter(({state}) => state === 'intended')
      .map(({path, added, removed, blob, before}) => ({path, added, removed, blob, before})),
    intend: intended => {
      const normalise = createNormaliser(deliveries);
      const records = intended.map(file => toRecord(file, normalise));
      return tools.ledger.intendDelivery(tools.runId, job.id, repo.key, records);
    },
  });
}

function toRecord(file: IntendedFile, normalise: ReturnType<typeof createNormaliser>): DeliveryRecord {
  const {before, ...rest} = file;
  const base = before === undefined ? undefined : normalise(file.path, before);
  return {...rest, ...(before === undefined ? {} : {before}), ...(base === undefined ? {} : {base}), state: 'intended'};
}
