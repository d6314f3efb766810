import type {FileEdit, Proposal} from '../domain/change.ts';
import type {RepoContext} from '../domain/context.ts';
import type {TreeEntry} from '../domain/git.ts';
import type {Job} from '../domain/job.ts';
import type {ModelReply, ModelRequest} from '../domain/model.ts';
import type {Spent} from '../domain/outcome.ts';
import type {Skill} from '../domain/skill.ts';
import type {NoteNetwork} from '../sandbox/note-network.ts';
import type {Checkout, CheckoutOptions} from '../workspace/checkout.ts';
import type {Shortfall} from './agent/judge-end.ts';
import type {TurnLog} from './agent/turn-log.ts';

export interface ModeInput {
  readonly job: Job;
  readonly skill: Skill;
  readonly context: RepoContext;
  /** Its text, where that was made along with it. */
  readonly rendered?: string;
  /** Every file of the planned commit, by path. */
  readonly entries: ReadonlyMap<string, TreeEntry>;
  /** What `preview` gives, where it was asked already. */
  readonly request?: ModelRequest;
  /** A private work tree at the planned commit; removed when the job has ended. */
  readonly openCheckout: (options?: CheckoutOptions) => Promise<Checkout>;
  /** Aborts when the job may go on no longer. */
  readonly signal: AbortSignal;
  /** Takes the repo and marks the job as running; for a mode that calls no model, before its first effect. */
  readonly begin: () => Promise<void>;
  /** Gets the reply to this request: a recorded one, or one that is paid for and recorded before it is returned. */
  readonly obtainReply: (request: ModelRequest, options?: ObtainOptions) => Promise<ModelReply>;
  /** Whether the reply to this request is recorded and may be used. */
  readonly hasReply: (request: ModelRequest) => Promise<boolean>;
  /** For what is paid by other ways than `obtainReply`. */
  readonly noteSpent: (spent: Spent) => void;
  /** What a command asked of the network. */
  readonly noteNetwork: NoteNetwork;
  /** What the verify commands blame these edits for, before they count as done; undefined when there is nothing. The signal breaks them off. */
  readonly verify: (edits: readonly FileEdit[], signal: AbortSignal) => Promise<Shortfall | undefined>;
  /** The record of what was asked and answered, for a mode that works in turns. */
  readonly turns: TurnLog;
}

/** What the first request is made of. */
export type PreviewInput = Pick<ModeInput, 'job' | 'skill' | 'context' | 'rendered'>;

export interface ObtainOptions {
  /** Breaks the call off; default: when the job may go on no longer. */
  readonly signal?: AbortSignal;
  /** Digest of the reply that this run has recorded for this very request. */
  readonly recorded?: string;
}

/** How a job makes its change. Throws `JobFailure` when what came back is not a whole, usable result. */
export interface Mode {
  /** Changes when its prompts change, so that old results are not taken for new ones. */
  readonly version: number;
  /** The first request that `propose` would make, for plans and estimates; undefined when it asks no model. */
  preview(input: PreviewInput): ModelRequest | undefined;
  propose(input: ModeInput): Promise<Proposal>;
}
