import type {Job} from '../domain/job.ts';
import type {ModelReply} from '../domain/model.ts';
import type {FailureReason} from '../domain/outcome.ts';
import type {Cost} from '../domain/usage.ts';

/**
 * `collecting`: nothing was sent. `sending`: it may have been sent, and under which id is not known. `submitted`: it
 * waits at the provider. `ended`: every request of it is settled.
 */
export type BatchState = 'collecting' | 'sending' | 'submitted' | 'ended';

/** Requests that are sent to a provider together. Times are milliseconds since 1970, UTC. */
export interface BatchRecord {
  readonly id: string;
  readonly runId: string;
  /** `provider/model`. */
  readonly model: string;
  readonly state: BatchState;
  /** The provider's own name for it. */
  readonly providerId?: string;
  /** How many requests it holds. */
  readonly requests: number;
  /** When it was sent last. */
  readonly sentAt?: number;
}

/** What one request of a batch is for; enough to find its reply again without the repo. */
export interface BatchRequestKey {
  readonly batchId: string;
  /** Of the request, as for every other call; what the provider knows the request by. */
  readonly digest: string;
  /** Of everything that produces the result, without what differs from night to night. */
  readonly inputs: string;
  /** The commit from which the request was made. */
  readonly commit: string;
}

export interface BatchRequestRecord extends BatchRequestKey {
  readonly runId: string;
  readonly jobId: string;
  readonly repoKey: string;
  readonly state: 'waiting' | 'answered' | 'failed';
  /** Of its batch. */
  readonly batchState: BatchState;
}

/** `failed` was not billed; of what is `lost` nobody knows, so that its worst case stays counted. */
export type BatchRequestEnd =
  | {readonly kind: 'answered'; readonly model: string; readonly reply: ModelReply; readonly cost: Cost}
  | {readonly kind: 'failed' | 'lost'; readonly reason: FailureReason};

/** The part of the ledger that outlives a wait of hours: what was asked in batches, and what became of it. */
export interface BatchLedger {
  /** Begins a batch to which requests are added by reserving calls for it. */
  begin(id: string, runId: string, model: string): Promise<void>;
  markSending(id: string): Promise<void>;
  /** `undefined`: what was taken for this batch is another one. */
  markSubmitted(id: string, providerId: string | undefined): Promise<void>;
  /** It was never sent: nothing of it is billed, and it is forgotten. */
  drop(id: string): Promise<void>;
  /** Records what became of one request, and settles its call; does nothing when that was done before. */
  settle(request: BatchRequestRecord, end: BatchRequestEnd): Promise<void>;
  markEnded(id: string): Promise<void>;
  /** Those that have not ended, oldest first. */
  open(): Promise<BatchRecord[]>;
  /** Provider's names of all batches. */
  providerIds(): Promise<ReadonlySet<string>>;
  requests(batchId: string): Promise<BatchRequestRecord[]>;
  /** The newest request of this run's job that did not fail. */
  ofJob(runId: string, jobId: string): Promise<BatchRequestRecord | undefined>;
  /** Requests that were made for the same thing: newest first. With `force` only those of this run's job. */
  find(wanted: {
    readonly runId: string;
    readonly job: Job;
    readonly repoKey: string;
    readonly digest: string;
    readonly inputs: string;
  }): Promise<BatchRequestRecord[]>;
}
