import type {Job} from '../domain/job.ts';

export interface JobHandlers<Prepared> {
  /** Reads what the job needs; may run before the job has a place. */
  prepare(job: Job): Promise<Prepared>;
  /** Executes the job to its one outcome; never rejects for what can happen to a repo. `answered` gives its place to the next job, and resolves when that one had a chance to begin. */
  execute(job: Job, prepared: Promise<Prepared>, answered: () => Promise<void>): Promise<void>;
}

/** Gives each job to one worker at a time, somewhere. At least once: executing a job twice must be harmless. */
export interface Dispatcher {
  /** Resolves when every job has ended. When executing one rejects, starts no other, waits for those under way, and rejects. */
  dispatch<Prepared>(jobs: readonly Job[], handlers: JobHandlers<Prepared>): Promise<void>;
  /** Looks again at how many jobs may run at once. */
  refresh(): void;
}
