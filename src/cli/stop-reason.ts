import type {NotStartedReason, Outcome} from '../domain/outcome.ts';

/** Of several reasons, what a person has to settle comes first. */
const stopOrder: readonly NotStartedReason[] = ['auth', 'quota', 'budget', 'deadline', 'stopped'];

/** The reasons of all jobs that were not started come down to one; undefined when there is none. */
export function stopReasonOf(outcomes: readonly Outcome[]): NotStartedReason | undefined {
  const reasons = new Set(outcomes.flatMap(outcome => (outcome.status === 'not-started' ? [outcome.reason] : [])));
  return stopOrder.find(reason => reasons.has(reason));
}
