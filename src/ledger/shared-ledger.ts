import type {Job} from '../domain/job.ts';
import type {NotStartedReason} from '../domain/outcome.ts';
import type {RunControl, RunRecord, WorkerRecord} from '../domain/run.ts';
import type {SkillContent} from '../domain/skill.ts';
import type {Statement} from './database.ts';
import {type Ledger, LedgerError} from './ledger.ts';

/** Another worker has taken the job, or it was given back: nothing more may be recorded or delivered for it by whoever held it. */
export class LeaseLost extends LedgerError {
  constructor(lease: Lease) {
    super('lease-lost', `job ${lease.jobId} of ${lease.runId} was taken by another worker`);
  }
}

/** One worker's claim on one job. A later claim on the same job has a higher fence. */
export interface Lease {
  readonly runId: string;
  readonly jobId: string;
  readonly fence: number;
}

/** A job as a worker was given it. */
export interface TakenJob {
  readonly lease: Lease;
  readonly job: Job;
  /** How many workers began it and neither ended it nor gave it back, this one included. */
  readonly takes: number;
  /** Of its run: what was learnt of the run before is not true any more when this has changed. */
  readonly runBegunAt: number;
}

/** What several machines need of the ledger beside what one needs. */
export interface SharedLedger extends Ledger {
  /** As `startRun`, with the contents of skills; what hands the jobs to the queue is done in the same transaction. */
  startSharedRun(
    run: RunRecord,
    jobs: readonly Job[],
    skills: readonly SkillContent[],
    enqueue: readonly Statement[],
  ): ReturnType<Ledger['startRun']>;
  /** Starts an ended run again with these jobs, in one transaction with `enqueue`. False when it, or another run of its claim, goes on. */
  reopenSharedRun(
    runId: string,
    ids: readonly string[],
    enqueue: readonly Statement[],
    goesOn?: {readonly control?: RunControl; readonly deadlineAt?: number},
  ): Promise<boolean>;
  saveSkills(skills: readonly SkillContent[]): Promise<void>;
  skill(digest: string): Promise<SkillContent | undefined>;

  /** Claims a job that has not ended, also from whoever has it. What calls that one had in flight count as lost. Undefined when there is nothing to do. */
  takeJob(runId: string, jobId: string, worker: string): Promise<TakenJob | undefined>;
  /** The job waits for another worker, as if this one had not begun it. */
  giveBack(lease: Lease): Promise<void>;
  /** A ledger whose writes are refused with `LeaseLost` once somebody else has the job. */
  heldBy(lease: Lease): Ledger;
  /** @throws LeaseLost */
  assertHeld(lease: Lease): Promise<void>;

  hasOpenJobs(runId: string): Promise<boolean>;
  /** Ends the jobs that no living worker is at; how many. Nothing when the run was resumed since it was looked at. */
  endWaitingJobs(runId: string, why: {readonly begunAt: number; readonly reason: NotStartedReason}): Promise<number>;
  /** Ends a run whose jobs have all ended; true for the one caller who did. */
  endSharedRun(
    runId: string,
    end: {readonly state: 'finished' | 'stopped'; readonly exitCode: number; readonly reason?: string},
  ): Promise<boolean>;
  /** Ids of jobs that ended since then, in the time of the database server. */
  endedSince(runId: string, since: number): Promise<string[]>;

  beatWorker(worker: WorkerRecord): Promise<void>;
  removeWorker(id: string): Promise<void>;
}
