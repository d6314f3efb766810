import type {TreeEntry} from './git.ts';
import type {DeliveryKind} from './job.ts';
import type {ChangedFile, Delivered} from './outcome.ts';

/** One path of a change: as it is at the planned commit, and as the job wants it. */
export interface FileEdit {
  /** Relative to the repo root, `/` separated. Untrusted: it may come from a skill, a template, a reply or a command. */
  readonly path: string;
  /** Absent for a path that is new. */
  readonly before?: Pick<TreeEntry, 'kind' | 'id'>;
  /** Absent for a path that goes. For a link the bytes are its target, for a submodule its commit id. */
  readonly after?: {readonly kind: TreeEntry['kind']; readonly bytes: Buffer};
}

/** What a mode wants to become of the repo. */
export interface Proposal {
  /** In path order, each path once. */
  readonly edits: readonly FileEdit[];
  /** What was done and why, in the words of the model or the script. Untrusted. */
  readonly summary?: string;
}

/** The diff of a job: made by us from two trees, whatever the model says it did. */
export interface Change extends Proposal {
  /** The commit it was made from. */
  readonly commit: string;
  readonly files: readonly ChangedFile[];
  /** What `git apply` takes. Untrusted text. */
  readonly patch: string;
  /** The same for the same edit in another repo or on another line: SHA-256 over the patch without line numbers and ids, hexadecimal. */
  readonly patchId: string;
}

/** Why a change may not leave before a person has seen it. */
export interface PolicyFinding {
  readonly rule:
    | 'too-large'
    | 'too-many-files'
    | 'path-not-allowed'
    | 'protected-path'
    | 'binary'
    | 'mode-change'
    | 'link'
    | 'submodule'
    | 'secret'
    | 'hidden-characters';
  readonly path?: string;
  /** One line, in our own words; untrusted parts are escaped where they are shown. */
  readonly detail: string;
}

/** One verify command, before and after the change. */
export interface VerifyResult {
  readonly command: string;
  readonly before: 'passed' | 'failed' | 'not-run';
  readonly after: 'passed' | 'failed' | 'flaky' | 'timed-out' | 'not-run';
  readonly durationMs: number;
  /** End of what it said. Untrusted. */
  readonly output: string;
}

/** Its command does not pass with the change; one that was not run has failed nothing. */
export function failsVerify({after}: VerifyResult): boolean {
  return after !== 'passed' && after !== 'not-run';
}

export const rejectReasons = ['wrong', 'unwanted', 'style', 'risky'] as const;
export type RejectReason = (typeof rejectReasons)[number];

/** It succeeded before the change and does not with it. */
export function isBroken({before, after}: VerifyResult): boolean {
  return before === 'passed' && (after === 'failed' || after === 'timed-out');
}

export type Decision =
  | {readonly kind: 'pending'}
  | {readonly kind: 'accepted'; readonly at: number}
  | {
      readonly kind: 'rejected';
      readonly at: number;
      readonly why: RejectReason;
      readonly text?: string;
    };

/** A change as the ledger keeps it, for diff, review and the page. */
export interface ChangeRecord {
  readonly runId: string;
  readonly jobId: string;
  readonly repoKey: string;
  /** Name of the repo in the fleet, and the skill: with them people name a change. */
  readonly repo: string;
  readonly skill: string;
  readonly change: Change;
  readonly findings: readonly PolicyFinding[];
  readonly verified: readonly VerifyResult[];
  /** How it was to leave. */
  readonly deliver: DeliveryKind;
  readonly delivered?: Delivered;
  readonly decision: Decision;
  readonly recordedAt: number;
  /** The run that made a later change of the same job, so that nobody need decide on this one. */
  readonly supersededBy?: string;
}

/** What lists show of a change: all but the patch and the bytes. */
export type ChangeSummary = Omit<ChangeRecord, 'change'> & {readonly change: Omit<Change, 'edits' | 'patch'>};

/** Where a recorded change stands: waits for a person, waits to be delivered, was refused, has left, or was replaced. */
export type ChangeState = 'to-review' | 'to-deliver' | 'rejected' | 'delivered' | 'superseded';

/** How many changes are in each state; `reviewed` are those of the delivered that a person let go. */
export type ChangeCounts = ReadonlyMap<ChangeState | 'reviewed', number>;

/** A patch stays on this machine until somebody delivers it. */
export function changeStateOf(change: Pick<ChangeRecord, 'decision' | 'delivered' | 'supersededBy'>): ChangeState {
  if (change.delivered !== undefined && change.delivered.kind !== 'patch') return 'delivered';
  if (change.decision.kind === 'rejected') return 'rejected';
  if (change.supersededBy !== undefined) return 'superseded';
  return change.decision.kind === 'accepted' ? 'to-deliver' : 'to-review';
}
