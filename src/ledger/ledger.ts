import type {ChangeCounts, ChangeRecord, ChangeState, ChangeSummary, Decision} from '../domain/change.ts';
import {OrchestratorError} from '../domain/errors.ts';
import type {Job} from '../domain/job.ts';
import type {ModelReply} from '../domain/model.ts';
import type {ProviderLimits} from '../domain/models-configuration.ts';
import type {ChangedFile, Delivered, EndStatus, FailureReason} from '../domain/outcome.ts';
import type {
  JobDetail,
  JobRecord,
  JobState,
  RunControl,
  RunRecord,
  RunState,
  WaitingJobs,
  WorkerRecord,
} from '../domain/run.ts';
import type {Standing} from '../domain/standing.ts';
import type {TurnRecord} from '../domain/turn.ts';
import type {Cost} from '../domain/usage.ts';
import type {BatchLedger, BatchRequestKey} from './batch-ledger.ts';

/** The ledger cannot be read or written, so that nothing may go on. */
export class LedgerError extends OrchestratorError {}

/** A limit on cost that a call must fit into, together with all other calls under the same scope. */
export interface BudgetScope {
  /** `run:<id>`, `task:<run>:<name>`, `day:2025-12-01`, `month:2025-12`. */
  readonly scope: string;
  readonly limitUsd: number;
}

export interface CallReservation {
  readonly runId: string;
  readonly job: Job;
  readonly repoKey: string;
  readonly model: string;
  /** The most that the call can cost, US dollars. */
  readonly worstCaseUsd: number;
  /** Scopes that limit it. */
  readonly limits: readonly BudgetScope[];
  /** Scopes that merely count it. */
  readonly counted: readonly string[];
  /** The batch that the call is a request of; its end is then recorded through `batches`. */
  readonly batch?: BatchRequestKey;
}

export interface NotedSpending {
  readonly runId: string;
  readonly job: Job;
  readonly model: string;
  readonly usd: number;
  /** Scopes that count it. */
  readonly counted: readonly string[];
}

export interface RecordedReply {
  readonly reply: ModelReply;
  readonly model: string;
  readonly cost: Cost;
  readonly runId: string;
}

/** Which jobs of a run to read; all when empty. */
export interface JobFilter {
  readonly state?: JobState;
  readonly status?: EndStatus;
  /** At most so many, those that ended last first. Without it: all, in the order of the plan. */
  readonly newest?: number;
  /** At most so many of those that the plan has first. */
  readonly first?: number;
}

/** Digests of everything that produced a result, by part, so that a change can be named. */
export interface InputParts {
  readonly commit: string;
  readonly tree: string;
  readonly history: string;
  readonly shown: string;
  readonly skill: string;
  readonly prompt: string;
  readonly model: string;
  readonly parameters: string;
}

/** What is remembered of a job that ended well, so that the next night can skip it. */
export interface Memory {
  readonly inputs: InputParts;
  /** Blob ids of the files that the job left in the repo, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Digest of the reply that made them. */
  readonly replyDigest?: string;
  readonly runId: string;
  readonly at: number;
}

export interface DeliveryRecord extends ChangedFile {
  readonly blob: string;
  /** Blob that stood there before, when there was one. */
  readonly before?: string;
  /** What the path counts as when inputs are compared: the last content that was not ours. */
  readonly base?: string;
  readonly state: 'intended' | 'confirmed';
}

/** Calls in flight when their process died: nobody knows whether they were billed, so they stay counted at their worst case. */
export interface LostCalls {
  readonly calls: number;
  readonly usd: number;
}

/** Something that leaves the machine, and how many of its kind may leave in a window of time. */
export interface EffectReservation {
  /** Deterministic: doing it again finds it. */
  readonly name: string;
  readonly kind: 'pull-request';
  readonly runId: string;
  readonly jobId: string;
  readonly limit: number;
  readonly windowMs: number;
}

/** What is recorded in one transaction when a job ends. */
export interface JobEnd {
  readonly detail: JobDetail;
  /** Confirms that these blobs, by path, were delivered into the repo. */
  readonly confirm?: {readonly repoKey: string; readonly blobs: Readonly<Record<string, string>>};
  /** Remembered under (repo, skill, output pattern), so that the next night can skip it. */
  readonly memory?: {readonly repoKey: string; readonly output: string; readonly memory: Memory};
  /** Gives the repo free for other runs. */
  readonly releaseRepo?: string;
  /** The diff that the job made, whether it left or is held; replaces what an earlier attempt of the job recorded and that did not leave. */
  readonly change?: NewChange;
}

export type NewChange = Pick<ChangeRecord, 'repoKey' | 'change' | 'findings' | 'verified' | 'deliver' | 'delivered'>;

/** Which changes to list; all when empty. */
export interface ChangeFilter {
  readonly runId?: string;
  readonly state?: ChangeState;
  readonly repoKey?: string;
  readonly patchId?: string;
  readonly jobId?: string;
  /** Default: all. */
  readonly limit?: number;
  readonly offset?: number;
}

/** A job with its run, and where its change stands when it made one. */
export interface LastJob extends JobRecord {
  readonly runId: string;
  readonly change?: ChangeState;
}

/** Calls of one minute, and what they cost at most; `at` is its begin, milliseconds since 1970. */
export interface CallMinute {
  readonly at: number;
  readonly calls: number;
  readonly usd: number;
}

export interface LiveWorker extends WorkerRecord {
  /** Since it was last heard of, milliseconds. */
  readonly silentMs: number;
}

export type CostKey = 'repo' | 'skill' | 'model' | 'week';

/** `name` of a week is its Monday, `YYYY-MM-DD`. */
export interface CostRow {
  readonly name: string;
  readonly calls: number;
  readonly usd: number;
}

/** What jobs and changes of a time came to; a week is its Monday, `YYYY-MM-DD`. */
export interface TrendRows {
  readonly jobs: readonly {
    readonly skill: string;
    readonly week: string;
    readonly status: EndStatus;
    readonly count: number;
  }[];
  readonly changes: readonly {
    readonly skill: string;
    readonly week: string;
    readonly state: ChangeState;
    readonly count: number;
  }[];
  /** One for each, the newest first; of very many only these. */
  readonly failures: readonly {readonly skill: string; readonly week: string; readonly reason: FailureReason}[];
}

export interface CallToAdmit {
  readonly id: string;
  readonly provider: string;
  readonly tokens: number;
  readonly limits: ProviderLimits;
  /** After so many milliseconds it is over, also when nobody says so. */
  readonly longestMs: number;
}

export type CallAdmission = {readonly admitted: true} | {readonly admitted: false; readonly waitMs: number};

export type ReserveResult =
  | {readonly kind: 'reserved'; readonly id: string}
  | {readonly kind: 'budget'; readonly scope: string}
  | {readonly kind: 'busy'; readonly runId: string};

/**
 * The durable record of runs, jobs, replies, deliveries and spending. When a promise resolves, what it says is on disk.
 * Several processes may use one ledger.
 */
export interface Ledger {
  /**
   * Records the run and all its jobs, unless a live run holds the same claim; that run is then returned. `nameTaken`: the
   * id or the results file belongs to another run.
   */
  startRun(run: RunRecord, jobs: readonly Job[]): Promise<{readonly heldBy?: RunRecord; readonly nameTaken?: true}>;
  /** Takes an ended or dead run over, and settles what it left in flight. Undefined when a live process holds it. */
  takeOverRun(runId: string, holder: RunRecord['holder']): Promise<LostCalls | undefined>;
  /** Records that a run was cut short by the death of its process. Undefined when it was not. */
  closeDeadRun(runId: string): Promise<LostCalls | undefined>;
  /** Says that the holder lives, and gives the run as it stands; whoever finds another holder there has lost it. */
  beat(runId: string, holder: RunRecord['holder']): Promise<RunRecord | undefined>;
  control(runId: string, change: Partial<RunControl>): Promise<void>;
  /** Does nothing when another process holds the run. */
  endRun(
    runId: string,
    end: {
      readonly holder: RunRecord['holder'];
      readonly state: Exclude<RunState, 'running'>;
      readonly exitCode: number;
      readonly reason?: string;
    },
  ): Promise<void>;
  /** The results file of the run is written to another place from now on. */
  moveResults(runId: string, resultsFile: string): Promise<void>;
  run(id: string): Promise<RunRecord | undefined>;
  /** Newest first. */
  runs(options?: {limit?: number; since?: number; state?: RunState}): Promise<RunRecord[]>;
  /** The newest run of each claim whose settings say how often it is meant to start. */
  expectedRuns(): Promise<RunRecord[]>;
  /** True while the process that holds the run lives. */
  isHeld(run: RunRecord): boolean;

  jobs(runId: string, only?: JobFilter): Promise<JobRecord[]>;
  jobsById(runId: string, ids: readonly string[]): Promise<JobRecord[]>;
  /** What happened to one repo, newest run first. */
  jobsOfRepo(repo: string, limit: number): Promise<(JobRecord & {readonly runId: string})[]>;
  /** Names of all repos that ever had a job. */
  repoNames(): Promise<string[]>;
  /** Workers of the queue that were heard of lately; none where there is no queue. */
  workers(): Promise<LiveWorker[]>;
  /** Jobs of a run that nobody has, by what they need. */
  waitingJobs(runId: string): Promise<WaitingJobs[]>;
  /**
   * By how they ended, the others by state. Of the held those whose change is not held any more apart: `held-delivered`, `held-rejected` and
   * `held-superseded`.
   */
  countJobs(runId: string): Promise<ReadonlyMap<string, number>>;
  /** The job of each repo in the newest run that had it; a failed one when it had several. In the order of names. */
  lastJobs(): Promise<LastJob[]>;
  /** Takes the repo for this run and marks the job as running; the run that has the repo is returned when there is one. */
  startJob(runId: string, job: Job, repoKey: string): Promise<{readonly busyWith?: string}>;
  releaseRepo(runId: string, repoKey: string): Promise<void>;
  finishJob(runId: string, job: Job, end: JobEnd): Promise<void>;
  /** Puts ended jobs back to pending, for `retry` and `resume`. */
  reopenJobs(runId: string, ids: readonly string[]): Promise<void>;

  /** Reserves the worst case of one call before it is made, and marks its job as running. */
  reserveCall(reservation: CallReservation): Promise<ReserveResult>;
  /** Calls that are made in batches. */
  readonly batches: BatchLedger;
  /** The call was not billed. */
  releaseCall(id: string): Promise<void>;
  /** Nobody knows whether the call was billed: its worst case stays counted. */
  loseCall(id: string): Promise<void>;
  /** Records the reply durably under the digest of all that produced it, and settles the call. */
  recordReply(
    id: string,
    record: {digest: string; runId: string; jobId: string; model: string; reply: ModelReply; cost: Cost},
  ): Promise<void>;
  /** Undefined when there is none, or when it was damaged; a damaged one is quarantined. */
  reply(digest: string): Promise<RecordedReply | undefined>;
  /**
   * The newest reply that was recorded for a job, of this run or else of the earlier run whose reply it used. `usable` is
   * false for one that was not what the skill asks for. Undefined when there is none, or when it was damaged.
   */
  replyOfJob(
    runId: string,
    jobId: string,
  ): Promise<(RecordedReply & {readonly digest: string; readonly usable: boolean}) | undefined>;
  /** The reply was whole but not what the skill asks for: kept as a record, never used again. */
  rejectReply(digest: string): Promise<void>;
  /** Records a turn of an agent, and forgets those that were recorded at and after its number. */
  recordTurn(runId: string, jobId: string, turn: TurnRecord): Promise<void>;
  /** Turns of an agent in this run, in order, up to the first that is missing or was damaged; a damaged one is quarantined. */
  turns(runId: string, jobId: string): Promise<TurnRecord[]>;
  /** Asks whether a call fits the limits of its provider beside all others of this ledger, and counts it when it does. */
  admitCall(call: CallToAdmit): Promise<CallAdmission>;
  endAdmittedCall(id: string): Promise<void>;
  pauseProvider(provider: string, untilMs: number): Promise<void>;
  usedUsd(scope: string): Promise<number>;
  /** What the calls of a run cost, and the worst case of those in flight. US dollars. */
  costOfRun(runId: string): Promise<{spentUsd: number; reservedUsd: number}>;
  /** What the calls of jobs of a run cost, also those of earlier attempts; of all jobs that made any, or of one. US dollars by job id. */
  costOfJobs(runId: string, jobId?: string): Promise<ReadonlyMap<string, number>>;
  /** Counts what was paid by other ways than a call that was reserved, such as by another agent. */
  noteSpending(spending: NotedSpending): Promise<void>;
  /** Minutes of a run in which calls were made, oldest first. */
  callMinutes(runId: string): Promise<CallMinute[]>;
  /** What calls since then cost, in total for each name, the dearest first. */
  costs(by: CostKey, since: number): Promise<CostRow[]>;
  /** Of runs that started since then. */
  trends(since: number): Promise<TrendRows>;
  /** Calls of other live runs that are in flight and may hold a part of a shared budget. */
  callsInFlight(exceptRunId: string): Promise<number>;

  memory(repoKey: string, skill: string, output: string): Promise<Memory | undefined>;
  memories(repoKey: string): Promise<(Memory & {skill: string; output: string})[]>;
  /** Every delivery into the repo, or to these paths in it, oldest first. */
  deliveries(repoKey: string, paths?: readonly string[]): Promise<DeliveryRecord[]>;
  /** Takes one of `limit` places of the window; gives when the next gets free, milliseconds since 1970, when there is none. */
  reserveEffect(effect: EffectReservation): Promise<number | undefined>;
  confirmEffect(name: string): Promise<void>;
  /** Nothing was done: the place is free again. */
  releaseEffect(name: string): Promise<void>;
  intendDelivery(runId: string, jobId: string, repoKey: string, files: readonly DeliveryRecord[]): Promise<void>;

  /** Undefined when there is none, or when it was damaged; a damaged one is quarantined. */
  change(runId: string, jobId: string): Promise<ChangeRecord | undefined>;
  /** Oldest first, without patches and bytes; damaged ones are left out and quarantined. */
  changes(filter?: ChangeFilter): Promise<ChangeSummary[]>;
  /** How many changes there are in each state; of one run or of all. */
  countChanges(runId?: string): Promise<ChangeCounts>;
  /** How many jobs of a run stand where; those that are not zero. */
  countStandings(runId: string): Promise<ReadonlyMap<Standing, number>>;
  /**
   * Records what a person decided on these changes of a run; `pending` takes a decision back. A rejected change is remembered
   * by its patch id, beyond the life of its run. An accepted one supersedes earlier changes of the same job that have not left.
   * Returns the ids of the jobs whose change was found.
   */
  decide(runId: string, jobIds: readonly string[], decision: Decision): Promise<string[]>;
  /** The decision when this change was rejected in this repo before. */
  rejection(repoKey: string, patchId: string): Promise<Extract<Decision, {kind: 'rejected'}> | undefined>;
  /** Whether a person has accepted this change in this repo, in any run that is still known. */
  isAccepted(repoKey: string, patchId: string): Promise<boolean>;
  /** Records that a change left after its job had ended, and that these blobs, by path, are in the repo. */
  confirmDelivered(runId: string, jobId: string, delivered: Delivered, confirm?: JobEnd['confirm']): Promise<void>;

  /** Costs in US dollars of past calls of a skill's jobs with this model, newest first; of those in batches what they would have cost alone. */
  pastCosts(skill: string, model: string, limit: number): Promise<number[]>;
  /** The same for whole jobs of agents that ended well, all their turns together. */
  pastAgentCosts(skill: string, model: string, limit: number): Promise<number[]>;
  quarantined(): Promise<number>;
  /** Removes runs that ended before `before`, with their jobs and replies that nothing refers to. */
  collect(before: number): Promise<{runs: number; replies: number}>;
  close(): Promise<void>;
}
