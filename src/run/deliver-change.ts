import type {Delivery, DeliveryPlace, DeliveryResult, IntendedFile} from '../delivery/delivery.ts';
import type {Change, Proposal} from '../domain/change.ts';
import type {DeliveryKind, Job} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {DeliveryRecord, Ledger} from '../ledger/ledger.ts';
import {quoteText} from '../util/quote-text.ts';
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

/** Throws what keeps any change of the job from leaving: before money is spent, and in a plan, for which nobody else is asked. */
export async function checkDelivery(
  prepared: DeliverableJob,
  delivery: (kind: DeliveryKind) => Pick<Delivery, 'check'>,
  options: {readonly isPlan?: boolean} = {},
): Promise<void> {
  const {job} = prepared;
  // What an agent or a script writes is not known before.
  const paths = job.mode === 'simple' ? job.outputs : [];
  await delivery(job.deliver).check({...placeOf(prepared), job, paths, ...options});
}

/** Throws what can be told of the job alone, before its repo is fetched or opened. */
export function assertDeliverable({deliver, path, branchSharedWith}: Job): void {
  if (branchSharedWith !== undefined) throw branchShared(branchSharedWith);
  if (deliver === 'files' && path === undefined) {
    throw new JobFailure(
      'no-work-tree',
      'It cannot be delivered: the repo has only a "url", and no files on this machine',
    );
  }
}

export function branchShared(repo: string): JobFailure {
  return new JobFailure(
    'branch-shared',
    `The branch of this job is that of ${quoteText(repo)}: both are one repository.`,
  );
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
