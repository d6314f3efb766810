import type {Delivery} from '../delivery/delivery.ts';
import type {Change, PolicyFinding, Proposal} from '../domain/change.ts';
import type {RepoContext} from '../domain/context.ts';
import type {ObjectReader, TreeEntry} from '../domain/git.ts';
import type {DeliveryKind, Job} from '../domain/job.ts';
import type {ModelReply, ModelRequest} from '../domain/model.ts';
import type {Spent} from '../domain/outcome.ts';
import type {SandboxTier} from '../domain/sandbox.ts';
import type {Mode as ModeName, Skill} from '../domain/skill.ts';
import type {Cost} from '../domain/usage.ts';
import type {DeliveryRecord, InputParts, Ledger} from '../ledger/ledger.ts';
import type {FinishedTurn} from '../modes/agent/turn-log.ts';
import type {Mode} from '../modes/mode.ts';
import type {Transcript} from '../report/transcript.ts';
import type {Clock} from '../util/clock.ts';
import type {Checkout, CheckoutOptions} from '../workspace/checkout.ts';
import type {RepoUse} from './repo-use.ts';
import type {RunGate} from './run-gate.ts';
import type {VerifyChange} from './verify-change.ts';

/** A repo opened at the commit that its HEAD pointed to. */
export interface OpenRepo {
  readonly reader: ObjectReader;
  /** The same for every name and path under which the repo can be reached on this machine. */
  readonly key: string;
  /** Absolute path of the work tree; absent for a bare repository. */
  readonly workTree?: string;
  /** A private work tree at the commit. Whoever opens it removes it. */
  openCheckout(options?: CheckoutOptions): Promise<Checkout>;
  /** What the model is shown of it, and its digests as if `deliveries` had not been committed. */
  buildContext(skill: Skill, deliveries: readonly DeliveryRecord[]): Promise<BuiltContext>;
  release(): void;
}

export interface BuiltContext {
  readonly context: RepoContext;
  /** The text of it that a model is shown in simple mode. */
  readonly rendered?: string;
  /** Every file of the planned commit, by path. */
  readonly entries: ReadonlyMap<string, TreeEntry>;
  /** Of tree, history and shown files, as if what we delivered had not been committed. */
  readonly digests: {readonly tree: string; readonly history: string; readonly shown: string};
}

export interface ObtainedReply {
  readonly reply: ModelReply;
  readonly model: string;
  /** Under what the ledger keeps it. */
  readonly digest: string;
  /** A recorded reply was used: nothing was paid. */
  readonly replayed: boolean;
  /** It came through the provider's batch interface, at its price. */
  readonly batch?: true;
  /** What a recorded reply cost, when it was this run that paid for it. */
  readonly paidHere?: Cost;
}

export interface ReplyRequest {
  readonly job: Job;
  readonly repoKey: string;
  readonly request: ModelRequest;
  readonly promptVersion: number;
  /** What the request was made from. */
  readonly inputs?: InputParts;
  /** Digest of the reply that the same inputs gave before, though the request may look different now. */
  readonly remembered?: string;
  /** Digest of the reply that this run has recorded for this very request: used also when the job is forced. */
  readonly recorded?: string;
  /** Called when the run holds the repo and before anything is paid; throws when another run has changed what was prepared from. */
  readonly onHeld: () => Promise<void>;
  /** Told of every call before it is made. */
  readonly onAttempt: () => void;
  /** Told when a call has been answered and its record is on the way to the disk: another may be prepared to take its place. */
  readonly onAnswered: () => void;
  /** Told of every call that is known to be billed. */
  readonly onSpent: (spent: Spent) => void;
}

/** Everything that executing a job reaches outside itself; the composition root builds it. */
export interface JobTools {
  readonly runId: string;
  /** Milliseconds since 1970. */
  readonly runStartedAt: number;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** The day, `2025-12-01`, whose budget a call counts into. */
  readonly today: () => string;
  readonly gate: RunGate;
  readonly repoUse: RepoUse;
  readonly skill: (name: string) => Skill;
  /** At this commit instead of HEAD's, where the repo still has it. */
  readonly openRepo: (job: Job, commit?: string) => Promise<OpenRepo>;
  /** Told before a context is built that these models will most likely be called: what that takes can be loaded meanwhile. */
  readonly expectCalls?: (models: readonly string[]) => void;
  readonly mode: (name: ModeName) => Mode;
  readonly delivery: (kind: DeliveryKind) => Delivery;
  /** Takes the repo for this run and marks the job as running; waits while another run holds the repo. */
  readonly startJob: (job: Job, repoKey: string, signal: AbortSignal) => Promise<void>;
  /** The diff that a proposal makes, ours whatever a model says it did. */
  readonly diff: (reader: ObjectReader, proposal: Proposal) => Promise<Change>;
  /** What keeps the change from leaving before a person has seen it. */
  readonly judgeChange: (job: Job, change: Change) => Promise<readonly PolicyFinding[]>;
  /** Runs the verify commands of the job before and after the change. */
  readonly verify: VerifyChange;
  /** What keeps commands of this run in, as far as one was opened. */
  readonly sandboxTier: () => SandboxTier | undefined;
  /** What they may reach; undefined where the machine decides. */
  readonly sandboxNetwork: () => readonly string[] | undefined;
  readonly obtainReply: (request: ReplyRequest, signal: AbortSignal) => Promise<ObtainedReply>;
  readonly openTranscript: (job: Job) => Transcript;
  /** Told of every turn of an agent when it is recorded. */
  readonly onTurn: (job: Job, turn: FinishedTurn, reply: ObtainedReply) => void;
  /** Whether the file in the work tree is what git would store under this blob id. */
  readonly holdsBlob: (workTree: string, path: string, blob: string) => Promise<boolean>;
}
