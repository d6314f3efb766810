import type {ChangeState, Decision, PolicyFinding, RejectReason, VerifyResult} from '../domain/change.ts';
import type {LeftOut} from '../domain/context.ts';
import type {DeliveryKind} from '../domain/job.ts';
import type {RetryHelps} from '../domain/outcome.ts';
import type {RunState} from '../domain/run.ts';
import type {Mode} from '../domain/skill.ts';
import {type Standing, standings} from '../domain/standing.ts';
import type {CostKey} from '../ledger/ledger.ts';
import type {PatchFile} from '../report/patch-view.ts';
import type {RunCounts} from '../run/read-run-view.ts';
import type {ShownPrompt} from '../run/show-prompt.ts';

/** What the page and its server say to each other. Times are milliseconds since 1970, money is US dollars. */
export interface RunOverview {
  readonly id: string;
  readonly state: RunState;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** Between these two nobody was at it for so long, milliseconds; absent when never. */
  readonly idleMs?: number;
  readonly description?: string;
  readonly exitCode?: number;
  readonly endReason?: string;
  readonly paused: boolean;
  readonly stopping: boolean;
  readonly host: string;
  readonly counts: RunCounts;
  /** Each job once; what is not there is zero. */
  readonly standings: Readonly<Partial<Record<Standing, number>>>;
  /** Jobs whose change the policy held, until it has left or was refused. */
  readonly held: number;
  /** Of those to review: what the policy held. Absent, as the two below, before the jobs were read. */
  readonly heldToReview?: number;
  /** Of those to review: what failed its checks, or to leave, and kept its change. */
  readonly failedToReview?: number;
  /** Changes that nobody has decided on. */
  readonly toReview: number;
  /** Accepted changes that have not left. */
  readonly toDeliver: number;
  /** Failed and left-out jobs that a retry can help. */
  readonly toRetry: number;
  /** Where changes have gone, most first. */
  readonly deliveredTo?: readonly (Pick<DeliveredTo, 'kind' | 'branch'> & {readonly jobs: number})[];
  readonly spentUsd: number;
  readonly reservedUsd: number;
  readonly budgetUsd?: number;
  readonly command: readonly string[];
}

export type {Standing};

/** Where a change has gone. */
export interface DeliveredTo {
  readonly kind: DeliveryKind;
  readonly branch?: string;
  readonly url?: string;
}

/** How a job ended. */
export type RowState =
  | 'failed'
  | 'held'
  | 'not-started'
  | 'running'
  | 'pending'
  | 'changed'
  | 'unchanged'
  | 'up-to-date';
export type DecisionKind = Decision['kind'];
export type {RejectReason};

/** One line of the table of a run. */
export interface JobRow {
  readonly id: string;
  readonly sequence: number;
  readonly repo: string;
  readonly skill: string;
  readonly task: string;
  readonly state: RowState;
  /** Failure reason, or why it was not started. */
  readonly reason?: string;
  /** What happened, one line. Untrusted in parts. */
  readonly message?: string;
  readonly retry?: RetryHelps;
  /** What to do about a failure. */
  readonly next?: string;
  readonly mode: Mode;
  readonly files: number;
  readonly added: number;
  readonly removed: number;
  /** Null when the price is not known; absent before the job ended. */
  readonly costUsd?: number | null;
  readonly startedAt?: number;
  readonly durationMs?: number;
  readonly checks?: {readonly passed: number; readonly failed: number; readonly findings: number};
  readonly decision?: DecisionKind;
  /** Where it stands, whatever its state was at the end. */
  readonly standing: Standing;
  /** Its change has left this machine, or is in the user's files. */
  readonly delivered?: DeliveredTo;
}

/** About what running jobs again costs, US dollars; what nobody knows is left out. */
export interface RetryCosts {
  /** Of all that a retry can help. */
  readonly usd?: number;
  /** By job id. */
  readonly jobs: Readonly<Record<string, number>>;
}

/** What a decision makes of a row whose change can be decided on. */
export const standingAfter: Readonly<Record<DecisionKind, Standing>> = {
  pending: 'to-review',
  accepted: 'accepted',
  rejected: 'rejected',
};

export const jobFilters = ['all', ...standings] as const;
export type JobFilter = (typeof jobFilters)[number];

export interface JobPage {
  /** Names an order of jobs that stays as it is while rows change. */
  readonly snapshot: string;
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly JobRow[];
}

export interface Timeline {
  readonly budgetUsd?: number;
  /** One entry for each minute in which calls were made, oldest first; `at` is its begin. */
  readonly minutes: readonly {readonly at: number; readonly calls: number; readonly usd: number}[];
}

export interface JobView {
  readonly run: string;
  readonly runState: RunState;
  readonly row: JobRow;
  readonly mode: Mode;
  readonly model: string | null;
  readonly output: string;
  readonly path?: string;
  readonly deliver: DeliveryKind;
  readonly attempts: number;
  readonly replayed: boolean;
  readonly tokens: {readonly input: number; readonly output: number; readonly cacheRead: number};
  readonly next?: string;
  readonly cause?: string;
  readonly heldBack: readonly string[];
  /** What kept its commands in, and what they could reach: `strong, no network`. */
  readonly sandbox?: string;
  /** What to know before the job is taken for done. */
  readonly warnings: readonly string[];
  readonly leftOut: Readonly<Record<string, number>>;
  /** Where its change would go, or has gone. */
  readonly destination: Destination;
  readonly delivered?: DeliveredTo;
  readonly change?: ChangeView;
  /** What was said and done, oldest first. */
  readonly transcript: readonly TranscriptEntry[];
  /** Lines of the log about this job. */
  readonly events: readonly string[];
  /** Row of the results file. */
  readonly raw: unknown;
}

/** The first request of a job, made again: prompts are not kept. */
export interface PromptView {
  readonly kind: ShownPrompt['kind'];
  readonly notes: readonly string[];
  /** Of what is shown, and of what was sent. */
  readonly digest?: string;
  readonly sentDigest?: string;
  readonly commit?: string;
  readonly texts: readonly {
    readonly name: string;
    readonly text: string /** Characters that are left out. */;
    readonly cut: number;
  }[];
  readonly files: readonly {readonly path: string; readonly cut: boolean}[];
  readonly leftOut: readonly LeftOut[];
}

export interface TranscriptEntry {
  readonly role: 'model' | 'tool' | 'orchestrator';
  readonly title?: string;
  readonly text: string;
  readonly isError?: boolean;
}

/** Where an accepted change goes. */
export interface Destination {
  readonly deliver: DeliveryKind;
  /** Path or address of the repo. */
  readonly place: string;
  /** The branch that it is put on, unless that belongs to another task. */
  readonly branch?: string;
  /** Address that the branch is pushed to; absent when it stays on this machine. */
  readonly remote?: string;
}

export interface ChangeView {
  readonly patchId: string;
  readonly mode: Mode;
  /** In the words of the model or the script. */
  readonly summary?: string;
  readonly files: readonly PatchFile[];
  /** True when the diff is too long to show as a whole. */
  readonly cut: boolean;
  readonly findings: readonly PolicyFinding[];
  readonly verified: readonly VerifyResult[];
  readonly decision: Decision;
}

/** A change that waits for a decision. */
export interface ReviewItem {
  readonly run: string;
  readonly job: string;
  readonly repo: string;
  readonly skill: string;
  readonly patchId: string;
  /** The same for changes that one decision may be about: the same edit, findings and ends of verify commands. */
  readonly group: string;
  /** In the words of the model or the script, cut. */
  readonly summary?: string;
  /** Of all that it touches. */
  readonly fileCount: number;
  readonly added: number;
  readonly removed: number;
  readonly findings: number;
  readonly failedChecks: number;
  readonly checks: number;
  /** Null when the price is not known. */
  readonly costUsd: number | null;
  readonly destination: Destination;
  readonly decision: DecisionKind;
  readonly state: ChangeState;
}

export interface ReviewQueue {
  readonly items: readonly ReviewItem[];
  /** Undecided changes beyond `items`. */
  readonly more: number;
  /** Accepted changes that have not left. */
  readonly toDeliver: number;
  /** The runs that they are of. */
  readonly runsToDeliver: readonly string[];
}

export interface DeliverPreview {
  /** To be sent back to deliver just this list. */
  readonly confirm: string;
  readonly targets: readonly (Destination & {
    readonly job: string;
    readonly repo: string;
    readonly skill: string;
    readonly added: number;
    readonly removed: number;
  })[];
}

/** A command line that the page started. */
export interface StartedCommand {
  readonly id: string;
  readonly run: string;
  readonly what: 'retry' | 'deliver';
  /** As it would be typed. */
  readonly line: string;
  readonly exitCode?: number;
  /** How the run ended, in a line of its own: an exit code tells of all its jobs, also of those that were not run again. */
  readonly summary?: string;
  /** End of what it said. */
  readonly said: string;
}

export interface Tonight {
  readonly running: readonly RunOverview[];
  readonly last?: RunOverview;
  /** Newest failures of the last run. */
  readonly failures: readonly JobRow[];
  readonly missed: readonly {readonly config: string; readonly expectedAt: number}[];
  readonly next: readonly {readonly config: string; readonly at: number}[];
  readonly toReview: number;
  readonly toDeliver: number;
  readonly recent: readonly RunOverview[];
}

export interface FleetSquare {
  readonly repo: string;
  readonly run: string;
  readonly job: string;
  readonly skill: string;
  readonly standing: Standing;
  readonly reason?: string;
  readonly message?: string;
  readonly endedAt?: number;
  /** Of the fleet file; none where it does not name the repo. */
  readonly tags: readonly string[];
}

export const costKeys = ['repo', 'skill', 'model', 'week'] as const satisfies readonly CostKey[];

export interface Costs {
  readonly by: CostKey;
  readonly totalUsd: number;
  readonly rows: readonly {readonly name: string; readonly calls: number; readonly usd: number}[];
}

/** One skill over a time. Accepted are changes that somebody accepted, or that left without being asked about. */
export interface SkillTrend {
  readonly skill: string;
  readonly jobs: number;
  /** Up to date: nothing to do, nothing paid. */
  readonly skipped: number;
  readonly failed: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly waiting: number;
  readonly costUsd: number;
  /** In the order of `weeks` of the trends. */
  readonly weeks: readonly {readonly accepted: number; readonly decided: number}[];
}

export interface Trends {
  readonly days: number;
  /** Mondays, `YYYY-MM-DD`, oldest first. */
  readonly weeks: readonly string[];
  /** The dearest first. */
  readonly skills: readonly SkillTrend[];
  readonly failures: readonly {readonly reason: string; readonly jobs: number; readonly weeks: readonly number[]}[];
}

/** A skill as it is now, with what it came to. */
export interface SkillView {
  readonly name: string;
  /** Absent when it cannot be read; `problem` says why. */
  readonly skill?: SkillText;
  readonly problem?: string;
  readonly trends: Trends;
}

export interface SkillText {
  readonly description: string;
  readonly directory: string;
  readonly source: string;
  readonly mode?: Mode;
  readonly output?: string;
  readonly allowedTools: readonly string[];
  readonly references: readonly string[];
  readonly digest: string;
  readonly instructions: string;
  readonly template?: string;
}

/** A file that the operator wrote, secrets in it replaced. */
export interface SettingsFile {
  readonly path: string;
  readonly text?: string;
  readonly problem?: string;
}

export interface SettingsView {
  readonly places: readonly {readonly name: string; readonly path: string}[];
  readonly files: readonly SettingsFile[];
}

/** One thing that doctor looked at. */
export interface CheckView {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failure';
  readonly message: string;
  readonly fix?: string;
}

export type LiveEvent =
  | {readonly type: 'run'; readonly run: RunOverview}
  | {readonly type: 'jobs'; readonly run: string; readonly rows: readonly JobRow[]}
  | {readonly type: 'command'; readonly command: StartedCommand}
  /** Too much happened since: read everything again. */
  | {readonly type: 'reset'};
