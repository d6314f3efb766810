import type {JobFailure} from '../domain/outcome.ts';

/** What is known of the reply that a job needs. */
export type BatchedReply =
  /** In the ledger. `isOwn`: this run paid for it. */
  | (Basis & {readonly kind: 'answered'; readonly isOwn: boolean})
  | (Basis & {readonly kind: 'waiting'; readonly batchId: string; readonly isOwn: boolean})
  | {readonly kind: 'failed'; readonly failure: JobFailure}
  /** What it could cost did not fit at the time, under this scope. */
  | {readonly kind: 'blocked'; readonly scope: string}
  /** No batch has to do with it. */
  | {readonly kind: 'apart'};

/** What the request was made from. */
export interface Basis {
  readonly digest: string;
  /** Digest of the inputs. */
  readonly inputs: string;
  readonly commit: string;
}

/** By job id; a job that is not in it was not looked at yet. */
export type BatchPlan = Map<string, BatchedReply>;

/** The commit at which a job is executed, when its request was made from one. */
export function pinnedCommit(plan: BatchPlan, jobId: string): string | undefined {
  const known = plan.get(jobId);
  return known?.kind === 'answered' ? known.commit : undefined;
}
