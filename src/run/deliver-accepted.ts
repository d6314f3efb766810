import {NotWanted} from '../delivery/delivery.ts';
import type {ChangeRecord} from '../domain/change.ts';
import type {ObjectReader, TreeEntry} from '../domain/git.ts';
import type {DeliveryKind, Job} from '../domain/job.ts';
import {type ChangedFile, type Delivered, type Failure, JobFailure, type Spent} from '../domain/outcome.ts';
import type {RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {gitBlobId} from '../util/git-blob-id.ts';
import {quoteText} from '../util/quote-text.ts';
import {deliverChange} from './deliver-change.ts';
import type {JobTools, OpenRepo} from './job-tools.ts';

export interface AcceptedChange {
  readonly record: ChangeRecord;
  readonly job: Job;
  readonly run: Pick<RunRecord, 'id' | 'startedAt'>;
  readonly kind: DeliveryKind;
  /** The person asked for this kind; else files that have no work tree to go to become a branch. */
  readonly isChosen: boolean;
  /** What its job has cost. */
  readonly spent: Spent;
}

export type LaterTools = Pick<JobTools, 'openRepo' | 'delivery' | 'holdsBlob'> & {
  readonly ledger: Pick<Ledger, 'changes' | 'deliveries' | 'intendDelivery' | 'confirmDelivered'>;
};

export type LaterResult =
  | {readonly kind: 'delivered'; readonly delivered: Delivered; readonly files: readonly ChangedFile[]}
  /** The repo has it already; `note` says where. */
  | {readonly kind: 'unchanged'; readonly note?: string}
  | {readonly kind: 'failed'; readonly failure: Failure};

/**
 * Delivers a change that a person has accepted, after its run: the policy has nothing more to say. As in a run, what is intended is
 * durable before the first effect, and doing it again finds what was done.
 */
export async function deliverAccepted(accepted: AcceptedChange, tools: LaterTools): Promise<LaterResult> {
  let repo: OpenRepo | undefined;
  try {
    repo = await tools.openRepo(accepted.job);
    return await deliverInto(repo, accepted, tools);
  } catch (error) {
    if (error instanceof JobFailure) return {kind: 'failed', failure: error.failure};
    if (error instanceof NotWanted) return {kind: 'failed', failure: {reason: 'not-wanted', message: error.message}};
    throw error;
  } finally {
    repo?.release();
  }
}

async function deliverInto(
  repo: OpenRepo,
  {record, job, run, kind: wanted, isChosen, spent}: AcceptedChange,
  tools: LaterTools,
): Promise<LaterResult> {
  const {change, runId, jobId} = record;
  if (repo.key !== record.repoKey) {
    throw new JobFailure(
      'change-outdated',
      `The change was made in ${quoteText(record.repoKey)}, not in ${quoteText(repo.key)}`,
    );
  }
  const kind = wanted === 'files' && !isChosen && repo.workTree === undefined ? 'branch' : wanted;
  // Files go into what is checked out; everything else starts at the commit that the change was made from.
  const commit = kind === 'files' ? repo.reader.head.commit : change.commit;
  const entries = await readEntries(repo.reader, commit);
  if (kind === 'files') {
    assertCurrent(record, entries);
    await assertNotTaken(record, repo, tools);
  }
  const deliveries = await tools.ledger.deliveries(repo.key);
  const result = await deliverChange(
    {job: {...job, deliver: kind}, repo, built: {entries}, deliveries},
    change,
    change,
    {spent, verified: record.verified},
    {...tools, runId: run.id, runStartedAt: run.startedAt},
  );
  const delivered = result.kind === 'delivered' ? result.delivered : {kind};
  const confirm = {repoKey: repo.key, blobs: Object.fromEntries(result.blobs)};
  await tools.ledger.confirmDelivered(runId, jobId, delivered, confirm);
  if (result.kind === 'delivered') return {kind: 'delivered', delivered, files: result.files};
  return {kind: 'unchanged', ...(result.note === undefined ? {} : {note: result.note})};
}

async function readEntries(reader: ObjectReader, commit: string): Promise<ReadonlyMap<string, TreeEntry>> {
  const [info] = await reader.history(commit, 1).catch((error: unknown) => {
    if (commit === reader.head.commit) throw error;
    return [];
  });
  if (info === undefined) {
    throw new JobFailure('change-outdated', `The commit ${commit.slice(0, 12)} that the change was made from is gone`);
  }
  return new Map((await reader.tree(info.tree)).map(entry => [entry.path, entry]));
}

function assertCurrent({change}: ChangeRecord, entries: ReadonlyMap<string, TreeEntry>): void {
  const moved = change.edits.find(({path, before}) => {
    const now = entries.get(path);
    return now?.id !== before?.id || (now !== undefined && now.kind !== before?.kind);
  });
  if (moved !== undefined) {
    throw new JobFailure('change-outdated', `${quoteText(moved.path)} was committed anew since the change was made`);
  }
}

/** What another job has left in a file counts as ours, and would be replaced without a word: the two changes do not know each other. */
async function assertNotTaken(
  {change, jobId, repoKey}: ChangeRecord,
  {workTree, reader}: OpenRepo,
  {ledger, holdsBlob}: LaterTools,
): Promise<void> {
  const others = (await ledger.changes({repoKey, state: 'delivered'})).filter(
    other => other.jobId !== jobId && other.delivered?.kind === 'files',
  );
  if (workTree === undefined || others.length === 0) return;
  for (const {path, before, after} of change.edits) {
    const other = others.findLast(({change: {files}}) => files.some(file => file.path === path));
    if (other === undefined) continue;
    // An empty id stands for no file.
    const blobs = [before?.id ?? '', after === undefined ? '' : gitBlobId(reader.objectFormat, after.bytes)];
    const isFree = await Promise.all(blobs.map(blob => holdsBlob(workTree, path, blob)));
    if (isFree.includes(true)) continue;
    throw new JobFailure(
      'change-outdated',
      `${quoteText(path)} holds the change of ${quoteText(other.skill)} that was delivered since`,
      {next: 'Commit or take back the other change, and run the task again.'},
    );
  }
}
