import type {ChangeState, Decision, PolicyFinding, RejectReason, VerifyResult} from '../domain/change.ts';
import type {DeliveryKind} from '../domain/job.ts';
import type {RetryHelps} from '../domain/outcome.ts';
import type {RunState} from '../domain/run.ts';
import type {CostKey} from '../ledger/ledger.ts';
import type {PatchFile} from '../report/patch-view.ts';
import type {RunCounts} from '../run/read-run-view.ts';

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
  /** Of the failed: those whose change is held for a person. */
  readonly held: number;
  /** Changes that nobody has decided on. */
  readonly toReview: number;
  /** Accepted changes that have not left. */
  readonly toDeliver: number;
  /** Failed and left-out jobs that `retry` would run again. */
  readonly toRetry: number;
  readonly spentUsd: number;
  readonly reservedUsd: number;
  readonly budgetUsd?: number;
  readonly command: readonly string[];
}

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
  readonly files: number;
  readonly added: number;
  readonly removed: number;
  /** Null when the price is not known; absent before the job ended. */
  readonly costUsd?: number | null;
  readonly startedAt?: number;
  readonly durationMs?: number;
  readonly checks?: {readonly passed: number; readonly failed: number; readonly findings: number};
  readonly decision?: DecisionKind;
  /** It has left this machine, or is in the user's files. */
  readonly delivered?: true;
  /** A later run made the same change once more. */
  readonly superseded?: true;
}

export function isToReview({decision, delivered, superseded}: JobRow): boolean {
  return decision === 'pending' && delivered === undefined && superseded === undefined;
}

export const jobFilters = ['all', 'failed', 'held', 'review', 'changed', 'unchanged', 'open'] as const;
export type JobFilter = (typeof jobFilters)[number];

export interface JobPage {
  /** Names an order of jobs that stays as it is while rows change. */
  readonly snapshot: string;
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly JobRow[];
  readonly counts: Readonly<Record<JobFilter, number>>;
}

export interface Timeline {
  readonly budgetUsd?: number;
  /** One entry for each minute in which calls were made, oldest first; `at` is its begin. */
  readonly minutes: readonly {readonly at: number; readonly calls: number; readonly usd: number}[];
}

export interface JobView {
  readonly run: string;
  readonly row: JobRow;
  readonly mode: string;
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
  readonly leftOut: Readonly<Record<string, number>>;
  readonly delivered?: {
    readonly kind: DeliveryKind;
    readonly branch?: string;
    readonly commit?: string;
    readonly url?: string;
  };
  readonly change?: ChangeView;
  /** What was said and done, oldest first. */
  readonly transcript: readonly TranscriptEntry[];
  /** Lines of the log about this job. */
  readonly events: readonly string[];
  /** Row of the results file. */
  readonly raw: unknown;
}

export interface TranscriptEntry {
  readonly role: 'model' | 'tool' | 'orchestrator';
  readonly title?: string;
  readonly text: string;
  readonly isError?: boolean;
}

export interface ChangeView {
  readonly patchId: string;
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
  /** The same for changes that one decision may be about: the same edit, findings and ends of verify commands. Always sent. */
  readonly group?: string;
  /** In the words of the model or the script, cut. */
  readonly summary?: string;
  readonly files: readonly string[];
  readonly added: number;
  readonly removed: number;
  readonly findings: number;
  readonly failedChecks: number;
  readonly checks: number;
  readonly deliver: DeliveryKind;
  readonly decision: DecisionKind;
  readonly state: ChangeState;
}

export interface ReviewQueue {
  readonly items: readonly ReviewItem[];
  /** Undecided changes beyond `items`. */
  readonly more: number;
  /** Accepted changes that have not left. */
  readonly toDeliver: number;
}

export interface DeliverPreview {
  /** To be sent back to deliver just this list. */
  readonly confirm: string;
  readonly targets: readonly {
    readonly job: string;
    readonly repo: string;
    readonly skill: string;
    readonly deliver: DeliveryKind;
    /** Path or address of the repo. */
    readonly place: string;
    readonly branch?: string;
    readonly added: number;
    readonly removed: number;
  }[];
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
  readonly state: RowState;
  readonly reason?: string;
  readonly message?: string;
  readonly endedAt?: number;
}

export const costKeys = ['repo', 'skill', 'model', 'week'] as const satisfies readonly CostKey[];

export interface Costs {
  readonly by: CostKey;
  readonly totalUsd: number;
  readonly rows: readonly {readonly name: string; readonly calls: number; readonly usd: number}[];
}

export type LiveEvent =
  | {readonly type: 'run'; readonly run: RunOverview}
  | {readonly type: 'jobs'; readonly run: string; readonly rows: readonly JobRow[]}
  | {readonly type: 'command'; readonly command: StartedCommand}
  /** Too much happened since: read everything again. */
  | {readonly type: 'reset'};
