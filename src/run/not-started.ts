import type {NotStartedReason, Shortfall} from '../domain/outcome.ts';

/** Ends a job before it had any effect. Not a failure of the repo: the run had to stop. */
export class NotStarted extends Error {
  readonly reason: NotStartedReason;
  /** With the reason `budget`: which one, and what was missing. */
  readonly shortfall: Shortfall | undefined;

  constructor(reason: NotStartedReason, shortfall?: Shortfall) {
    super(reason);
    this.name = 'NotStarted';
    this.reason = reason;
    this.shortfall = shortfall;
  }
}
