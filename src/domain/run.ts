import {localClock, localDate} from '../util/local-time.ts';
import type {ProcessIdentity} from '../util/process-identity.ts';
import type {VerifyResult} from './change.ts';
import type {Head} from './git.ts';
import type {Job} from './job.ts';
import type {NetworkRecord} from './network-use.ts';
import type {Outcome} from './outcome.ts';
import type {UsedSandbox} from './sandbox.ts';

export type RunState = 'running' | 'finished' | 'stopped' | 'interrupted';

/** What another process asked of a run that goes on. */
export interface RunControl {
  readonly stop: 'no' | 'gracefully' | 'now';
  readonly paused: boolean;
  readonly maxWorkers?: number;
  readonly budgetUsd?: number;
}

/** Holds the runs whose jobs wait in a queue: no process does. No host can have this name. */
export const queueHolder: ProcessIdentity = {host: ':queue', pid: 0, start: ''};

/** The jobs of the run are executed by whichever workers its queue has. */
export function isQueued(run: Pick<RunRecord, 'holder'>): boolean {
  return run.holder.host === queueHolder.host;
}

export const noControl: RunControl = {stop: 'no', paused: false};

/** One invocation, as the ledger keeps it. Times in milliseconds since 1970, UTC. */
export interface RunRecord {
  readonly id: string;
  /** Digest of what was started: the same configuration has the same claim. */
  readonly claim: string;
  readonly state: RunState;
  readonly holder: ProcessIdentity;
  readonly heartbeatAt: number;
  readonly startedAt: number;
  /** When the jobs of an ended run were put into the queue again. */
  readonly resumedAt?: number;
  readonly endedAt?: number;
  /** Of a run in the queue: the moment after which nothing of it starts, the same for every worker, wherever its clock is set. */
  readonly deadlineAt?: number;
  /** How long nobody was at it between its start and now: after its process ended, until it was resumed. Absent when never. */
  readonly idleMs?: number;
  readonly exitCode?: number;
  /** Why it ended before all jobs had, in words for people. */
  readonly endReason?: string;
  readonly description?: string;
  /** Command line as it was typed. */
  readonly command: readonly string[];
  /** What `resume` needs beside the jobs. */
  readonly settings: unknown;
  readonly control: RunControl;
  readonly resultsFile: string;
  readonly logFile?: string;
}

/** How long a run has gone on until then, without the time in which nobody was at it. */
export function runTime({startedAt, idleMs = 0}: Pick<RunRecord, 'startedAt' | 'idleMs'>, untilMs: number): number {
  return Math.max(0, untilMs - startedAt - idleMs);
}

export type JobState = 'pending' | 'running' | 'ended';

export interface JobRecord {
  readonly job: Job;
  readonly state: JobState;
  /** Present when `state` is `ended`. */
  readonly detail?: JobDetail;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Id of the worker that has it, or had it last; absent for a run of one machine. */
  readonly worker?: string;
}

/** What is kept of an ended job beside its outcome. */
export interface JobDetail {
  readonly outcome: Outcome;
  readonly model?: string;
  /** Names of files that were held back because they hold a secret, with the rule. */
  readonly heldBack: readonly string[];
  /** How many files were left out, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Where the repo stood when the job was prepared; absent where it came to nothing before, and in jobs of an earlier version. */
  readonly head?: Head;
  /** True when a recorded reply was used and nothing was paid. */
  readonly replayed: boolean;
  /** Its reply came through the provider's batch interface, at its price. */
  readonly batch?: true;
  /** Absent when it had no use for any. */
  readonly sandbox?: UsedSandbox;
  /** What its commands could reach, and what they asked for; absent where the machine decides, and in jobs of an earlier version. */
  readonly network?: NetworkRecord;
  /** Its verify commands, before and after the change; absent when none was run. */
  readonly verified?: readonly VerifyResult[];
  /** What somebody should know who takes the job for done; one line each. Absent when there is nothing. */
  readonly warnings?: readonly string[];
  /** What it made and git cannot have, with why; at most so many as a person reads. Absent when there was nothing of the kind. */
  readonly dropped?: readonly string[];
  /** Model calls that were made for it, answered or not. */
  readonly attempts: number;
}

/** A process that takes jobs from a queue. */
export interface WorkerRecord {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly labels: readonly string[];
  readonly maxWorkers: number;
  /** Jobs at present. */
  readonly jobs: number;
  readonly startedAt: number;
  readonly heartbeatAt: number;
  /** Runs that it leaves to others. */
  readonly troubles: readonly WorkerTrouble[];
}

/** Why a worker executes no job of a run: something of its machine, or a version that does not fit. */
export interface WorkerTrouble {
  readonly runId: string;
  readonly message: string;
}

/** Jobs of a run that nobody has, and the labels that a worker must have to be given them. */
export interface WaitingJobs {
  readonly needs: readonly string[];
  readonly jobs: number;
}

/** Changes when the run is resumed, so that what a process learnt of it before is not taken for true. */
export function begunAt({startedAt, resumedAt}: Pick<RunRecord, 'startedAt' | 'resumedAt'>): number {
  return resumedAt ?? startedAt;
}

/** `r-20251201-020000-7f3a`, in local time; the suffix tells apart runs of one second. */
export function runId(at: Date, random: number): string {
  const date = localDate(at).replaceAll('-', '');
  const time = localClock(at).replaceAll(':', '');
  return `r-${date}-${time}-${Math.floor(random * 0x10000)
    .toString(16)
    .padStart(4, '0')}`;
}
