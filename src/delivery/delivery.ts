import type {ObjectReader} from '../domain/git.ts';
import type {ChangedFile, Delivered} from '../domain/outcome.ts';
import type {ProposedFile} from '../domain/proposed-file.ts';

export type {ProposedFile} from '../domain/proposed-file.ts';

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

export interface DeliveryRequest {
  readonly repoPath: string;
  readonly reader: Pick<ObjectReader, 'head' | 'objectFormat'>;
  /** Object ids at the planned commit, by path; submodules and links included. */
  readonly committed: ReadonlyMap<string, string>;
  readonly files: readonly ProposedFile[];
  readonly earlier: readonly EarlierDelivery[];
  /**
   * What was intended before a crash and never confirmed. A file that is found with this blob was written then, and is reported as
   * delivered with the counts recorded here, so that a resumed delivery ends as an undisturbed one.
   */
  readonly unconfirmed?: readonly IntendedFile[];
  /** Called after all checks and before the first effect, with all that this delivery changes; must be durable when it resolves. */
  readonly intend: (files: readonly IntendedFile[]) => Promise<void>;
}

export type DeliveryResult =
  | {readonly kind: 'delivered'; readonly delivered: Delivered; readonly files: readonly ChangedFile[]}
  | {readonly kind: 'unchanged'; readonly files: readonly ChangedFile[]};

/** How a change leaves. Doing the same delivery twice is harmless. Throws `JobFailure` for what can happen to a repo. */
export interface Delivery {
  deliver(request: DeliveryRequest): Promise<DeliveryResult>;
}
