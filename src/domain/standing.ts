import type {ChangeState} from './change.ts';
import type {EndStatus} from './outcome.ts';

/** Where a job stands for a person, in the order in which one asks: each job of a run is in exactly one. */
export const standings = [
  'to-review',
  'accepted',
  'delivered',
  'rejected',
  'failed',
  'not-started',
  'running',
  'pending',
  'unchanged',
  'up-to-date',
  'replaced',
] as const;
export type Standing = (typeof standings)[number];

/**
 * What a person has to say about a change counts for more than how its job ended: one that was held back, or that failed its checks,
 * waits for review until it is decided on. Failed is what left nothing to decide.
 */
export function standingOf(status: EndStatus | 'running' | 'pending', change: ChangeState | undefined): Standing {
  if (status === 'running' || status === 'pending') return status;
  if (change !== undefined) return ofChange[change];
  // What was recorded of its change is gone.
  if (status === 'held') return 'failed';
  return status === 'changed' ? 'delivered' : status;
}

const ofChange: Readonly<Record<ChangeState, Standing>> = {
  'to-review': 'to-review',
  'to-deliver': 'accepted',
  delivered: 'delivered',
  rejected: 'rejected',
  superseded: 'replaced',
};
