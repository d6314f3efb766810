import type {Delivered, ChangedFile} from '../domain/outcome.ts';
import type {ObjectReader} from '../domain/git.ts';

/** A file that a job wants to exist with this content. */
export interface ProposedFile {
  /** Relative to the repo root, `/` separated. Untrusted: it may come from a skill, a template or a reply. */
  readonly path: string;
  readonly text: string;
}

/** Content that we delivered to a path earlier, so that it is ours to replace. */
export interface EarlierDelivery {
  readonly path: string;
  /** Git blob id (in the repo's object format) of what was written. */
  readonly blob: string;
}

export interface DeliveryRequest {
  readonly repoPath: string;
  readonly reader: ObjectReader;
  /** Blob ids at the planned commit, by path. */
  readonly committed: ReadonlyMap<string, string>;
  readonly files: readonly ProposedFile[];
  readonly earlier: readonly EarlierDelivery[];
  /** Called after all checks and before the first effect, with what is about to be written; must be durable when it resolves. */
  readonly intend: (files: readonly {path: string; blob: string; before: string | undefined}[]) => Promise<void>;
}

export type DeliveryResult =
  | {readonly kind: 'delivered'; readonly delivered: Delivered; readonly files: readonly ChangedFile[]}
  | {readonly kind: 'unchanged'; readonly files: readonly ChangedFile[]};

/** How a change leaves. Doing the same delivery twice is harmless. Throws `JobFailure` for what can happen to a repo. */
export interface Delivery {
  deliver(request: DeliveryRequest): Promise<DeliveryResult>;
}
