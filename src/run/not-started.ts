import type {NotStartedReason} from '../domain/outcome.ts';

/** Ends a job before it had any effect. Not a failure of the repo: the run had to stop. */
export class NotStarted extends Error {
  readonly reason: NotStartedReason;

  constructor(reason: NotStartedReason) {
    super(reason);
    this.name = 'NotStarted';
    this.reason = reason;
  }
}
