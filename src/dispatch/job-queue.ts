import type {Job} from '../domain/job.ts';
import type {Statement} from '../ledger/database.ts';
import type {ScheduledPlan} from './scheduled-run.ts';

/** A job that waits for a worker, as this worker was given it. */
export interface QueuedJob {
  readonly runId: string;
  readonly jobId: string;
  /** For the queue alone: which attempt of which entry this is. */
  readonly ticket: Ticket;
}

export interface Ticket {
  readonly queue: string;
  readonly id: string;
  readonly retryCount: number;
}

/** One moment of a schedule, given to one worker of all. */
export interface QueuedStart {
  readonly plan: ScheduledPlan;
  /** When it was due. */
  readonly at: Date;
  readonly ticket: Ticket;
}

export interface QueueSchedule {
  readonly id: string;
  /** Five fields. */
  readonly cron: string;
  readonly zone: string;
  readonly plan: ScheduledPlan;
}

/**
 * Gives each job to one worker at a time. A worker that is not heard of for a while loses its jobs to others, so that a
 * job may be given out twice: who may record and deliver is settled in the ledger.
 */
export interface JobQueue {
  /** What puts these jobs into the queue, each once however often it is done, to be written in one transaction with their run. */
  enqueue(runId: string, jobs: readonly Job[]): Promise<Statement[]>;
  /** As `enqueue`, at once. */
  putBack(runId: string, jobs: readonly Job[]): Promise<void>;
  /** How many jobs of the run wait in the queue or are with a worker. */
  countEntries(runId: string): Promise<number>;
  /** Those of the jobs that neither wait in the queue nor are with a worker. */
  lacking(runId: string, jobs: readonly Job[]): Promise<Job[]>;
  /** At most `count` jobs, first come first served, whose needs are among the labels and which are not of `except`. */
  take(labels: ReadonlySet<string>, count: number, except: readonly string[]): Promise<QueuedJob[]>;
  /** Says that the worker lives. The tickets that it has lost. */
  keep(tickets: readonly Ticket[]): Promise<Ticket[]>;
  done(tickets: readonly Ticket[]): Promise<void>;
  /** The next worker may have them at once. */
  giveBack(tickets: readonly Ticket[]): Promise<void>;
  /** Starts the plan at its times, once for all workers; a moment at which no worker was alive is made up for. */
  schedule(schedule: QueueSchedule): Promise<void>;
  schedules(): Promise<QueueSchedule[]>;
  unschedule(id: string): Promise<void>;
  /** Starts that are due. */
  takeStarts(): Promise<QueuedStart[]>;
  close(): Promise<void>;
}

export interface QueueTimes {
  /** A worker that is silent for so long has lost its jobs; at least 10. Default 20. */
  readonly heartbeatSeconds: number;
  /** How often somebody looks for such jobs; default 10. */
  readonly monitorSeconds: number;
}

export const defaultQueueTimes: QueueTimes = {heartbeatSeconds: 20, monitorSeconds: 10};
