import {type ChangeSummary, changeStateOf} from '../domain/change.ts';
import type {ResultRow} from './results-schema.ts';

/** What became of a change that was for a person to decide on; see `reviewOf`. */
export type ReviewRow = NonNullable<ResultRow['review']>;

/** Undefined for a change that left with its run, and needed nobody. */
export function reviewOf(change: ChangeSummary | undefined): ReviewRow | undefined {
  if (change === undefined) return undefined;
  const {decision, delivered} = change;
  const state = changeStateOf(change);
  if (state === 'delivered' && decision.kind === 'pending') return undefined;
  return {
    state,
    ...(decision.kind === 'pending' ? {} : {decided_at: new Date(decision.at).toISOString()}),
    ...(decision.kind === 'rejected' ? {why: decision.why} : {}),
    ...(decision.kind === 'rejected' && decision.text !== undefined ? {text: decision.text} : {}),
    ...(state === 'delivered' && delivered !== undefined ? {delivered: {...delivered}} : {}),
  };
}

/** `waits for a decision`, `rejected (wrong): npm start does exist`. Words of a person are in it: to be escaped. */
export function reviewText({state, why, text, delivered}: ReviewRow): string {
  switch (state) {
    case 'to-review':
      return 'waits for a decision';
    case 'to-deliver':
      return 'accepted, not delivered';
    case 'delivered':
      return delivered === undefined ? 'delivered' : `delivered: ${placeText(delivered)}`;
    case 'rejected':
      return `rejected (${why})${text === undefined ? '' : `: ${text}`}`;
    case 'superseded':
      return 'a later change took its place';
    default:
      return state satisfies never;
  }
}

/** Where a change went, in a word or two. */
export function placeText({kind, url, branch, path}: NonNullable<ResultRow['delivered']>): string {
  if (url !== undefined) return url;
  if (branch !== undefined) return `${kind} ${branch}`;
  return path === undefined ? kind : `${kind} ${path}`;
}

/** What a person would type next for it; undefined when it is settled. */
export function reviewStep(state: ReviewRow['state']): string | undefined {
  if (state === 'to-review') return 'orchestrator review';
  return state === 'to-deliver' ? 'orchestrator deliver' : undefined;
}

/** Waits for a decision. Rows that nobody asked the ledger about say so by how their job ended. */
export function waitsForReview({outcome, delivered, review}: ResultRow): boolean {
  return review === undefined
    ? outcome === 'held-for-review' || delivered?.kind === 'patch'
    : review.state === 'to-review';
}
