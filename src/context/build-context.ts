import {countLeftOut, nameHeldBack, type RepoContext} from '../domain/context.ts';
import type {TreeEntry} from '../domain/git.ts';
import {JobFailure} from '../domain/outcome.ts';
import {type ContextDigests, digestContext} from './context-digest.ts';
import {type PackOptions, packContext} from './pack-context.ts';
import {type Normalise, readView, withoutDeliveries} from './repo-view.ts';

export interface BuildContextOptions extends Omit<PackOptions, 'historyLimit'> {
  /** Commits shown at most, default 30. */
  readonly historyLimit?: number;
  /** Default: where HEAD of the reader is. */
  readonly commit?: string;
  /** What was delivered before and does not count as a change. Only the digests depend on it. */
  readonly normalise?: Normalise;
}

export interface BuiltContext {
  readonly context: RepoContext;
  /** Every file of the tree, in path order. */
  readonly entries: readonly TreeEntry[];
  /** Of the repo as if our deliveries had not been committed: see `withoutDeliveries`. */
  readonly digests: ContextDigests;
}

const leastTokens = 2000;

/**
 * Reads what a model is shown of a repo. The same repo state and options give the same result. Throws `JobFailure` with `context-empty`,
 * `context-too-large` (the budget is too small for any context), or what the reader throws.
 */
export async function buildContext(given: BuildContextOptions): Promise<BuiltContext> {
  if (given.maxTokens < leastTokens) {
    const message = `A context needs at least ${leastTokens} tokens; ${given.maxTokens} are left for it`;
    throw new JobFailure('context-too-large', message);
  }
  const options = {...given, historyLimit: given.historyLimit ?? 30};
  const view = await readView(options.reader, given.commit ?? options.reader.head.commit, options.historyLimit);
  const context = await packContext(options, view);
  if (context.files.length === 0) throw new JobFailure('context-empty', describeEmpty(context));
  const {reader, historyLimit} = options;
  const before =
    given.normalise === undefined ? view : await withoutDeliveries(reader, view, historyLimit, given.normalise);
  const judged = before === view ? context : await packContext(options, before);
  return {context, entries: view.entries, digests: digestContext(judged, before.entries)};
}

function describeEmpty({leftOut, fileCount}: RepoContext): string {
  if (leftOut.length === 0) return 'The repository has no file with text in it';
  const held = nameHeldBack(leftOut);
  const reasons = Object.entries(countLeftOut(leftOut)).map(([reason, count]) => `${count} ${reason}`);
  const names = held.length === 0 ? '' : `; held back: ${held.slice(0, 3).join(', ')}${held.length > 3 ? ' …' : ''}`;
  return `None of its files (${fileCount}) may be shown to a model: ${reasons.join(', ')}${names}`;
}
