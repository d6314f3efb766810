import type {Change, FileEdit, VerifyResult} from '../domain/change.ts';
import type {ObjectReader} from '../domain/git.ts';
import type {Job} from '../domain/job.ts';
import type {ChangedFile, Delivered, Spent} from '../domain/outcome.ts';

/** Content that we delivered to a path earlier, so that it is ours to replace. */
export interface EarlierDelivery {
  readonly path: string;
  /** Git blob id (in the repo's object format) of what was written. */
  readonly blob: string;
}

/** What is about to be written to one path. */
export interface IntendedFile extends ChangedFile {
  /** Git blob id that the new content has once it is committed: with LF where git itself turned it into CRLF on checkout. */
  readonly blob: string;
  /** The same of what it replaces; `undefined` for a new file. */
  readonly before: string | undefined;
}

/** Where a delivery goes. */
export interface DeliveryPlace {
  /** Absolute path of the work tree; absent for a bare repository. */
  readonly workTree: string | undefined;
  readonly reader: Pick<ObjectReader, 'head' | 'objectFormat'>;
  /** Object ids at the planned commit, by path; submodules and links included. */
  readonly committed: Pick<ReadonlyMap<string, string>, 'get' | 'has'>;
  readonly earlier: readonly EarlierDelivery[];
}

export interface DeliveryCheck extends DeliveryPlace {
  readonly reader: ObjectReader;
  readonly job: Job;
  readonly paths: readonly string[];
  /** Nobody beyond this machine is asked: what only they know comes out when it is delivered. */
  readonly isPlan?: boolean;
}

export interface DeliveryRequest extends DeliveryPlace {
  readonly reader: ObjectReader;
  readonly job: Job;
  /** Start in milliseconds since 1970: the date of what is made, so that making it again gives the same. */
  readonly run: {readonly id: string; readonly startedAt: number};
  readonly change: Change;
  /** What the job has cost so far. */
  readonly spent: Spent;
  readonly verified: readonly VerifyResult[];
  /** In path order, each path once; also those that change nothing at the planned commit, since the work tree may differ from it. */
  readonly edits: readonly FileEdit[];
  /**
   * What was intended before a crash and never confirmed. A file that is found with this blob was written then, and is reported as
   * delivered with the counts recorded here, so that a resumed delivery ends as an undisturbed one.
   */
  readonly unconfirmed?: readonly IntendedFile[];
  /** Called after all checks and before the first effect, with all that this delivery changes; must be durable when it resolves. */
  readonly intend: (files: readonly IntendedFile[]) => Promise<void>;
}

export type DeliveryResult =
  | {
      readonly kind: 'delivered';
      readonly delivered: Delivered;
      readonly files: readonly ChangedFile[];
      readonly blobs: Blobs;
    }
  | {
      readonly kind: 'unchanged';
      readonly files: readonly ChangedFile[];
      readonly blobs: Blobs;
      /** Why, where it is not that the repo has it already. */
      readonly note?: string;
    };

/** Git blob ids of all files of the request as they are now, by path. */
export type Blobs = ReadonlyMap<string, string>;

/** Nothing is to be delivered, whatever it is, until a person says otherwise; no failure. The message says why. */
export class NotWanted extends Error {}

/** How a change leaves. Doing the same delivery twice is harmless. Throws `JobFailure` for what can happen to a repo, and `NotWanted`. */
export interface Delivery {
  /** Throws what `deliver` would throw whatever these files were to hold, so that nothing is paid for in vain. */
  check(request: DeliveryCheck): Promise<void>;
  deliver(request: DeliveryRequest): Promise<DeliveryResult>;
}
