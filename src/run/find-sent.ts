import type {Head} from '../domain/git.ts';
import type {Job} from '../domain/job.ts';
import type {JobRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';

/** The first request of a job, as far as the ledger knows of it: its text is not kept. */
export interface SentRequest {
  /** The job as it was when it was sent: an earlier night has another date. */
  readonly job: Job;
  /** What it was made from; absent where it is not recorded. */
  readonly commit?: string;
  /** Where the repo stood, its branch too; absent in records of an earlier version. */
  readonly head?: Head;
  /** Of everything that produced the reply; absent when no reply came, or it is not kept any more. */
  readonly digest?: string;
  /** The model that answered. */
  readonly model?: string;
  /** The earlier run that sent it and whose reply was used again. */
  readonly earlierRun?: string;
}

export type SentLedger = Pick<Ledger, 'turns' | 'reply' | 'replyOfJob' | 'jobsById' | 'change'>;

/** Finds the request by the reply that is recorded for it. */
export async function findSent(runId: string, record: JobRecord, ledger: SentLedger): Promise<SentRequest> {
  const {job, detail} = record;
  const own: SentRequest = {job, ...(await placeOf(runId, record, ledger))};
  if (job.mode === 'agent') {
    const [first] = await ledger.turns(runId, job.id);
    if (first === undefined) return own;
    const reply = await ledger.reply(first.replyDigest);
    return {...own, digest: first.requestDigest, ...(reply === undefined ? {} : {model: job.models[0] ?? reply.model})};
  }
  const reply = await ledger.replyOfJob(runId, job.id);
  // A reply of an earlier run was used only by a job that says so.
  if (reply === undefined || (reply.runId !== runId && detail?.replayed !== true)) return own;
  const {digest, model} = reply;
  if (reply.runId === runId) return {...own, digest, model};
  const [earlier] = await ledger.jobsById(reply.runId, [job.id]);
  const then = earlier === undefined ? own : {job: earlier.job, ...(await placeOf(reply.runId, earlier, ledger))};
  return {...then, digest, model, earlierRun: reply.runId};
}

async function placeOf(
  runId: string,
  {job, detail}: JobRecord,
  ledger: SentLedger,
): Promise<Pick<SentRequest, 'commit' | 'head'>> {
  if (detail?.head !== undefined) return {commit: detail.head.commit, head: detail.head};
  const change = await ledger.change(runId, job.id);
  return change === undefined ? {} : {commit: change.change.commit};
}
