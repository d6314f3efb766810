import type {NotStartedReason, Shortfall} from '../domain/outcome.ts';
import {NotStarted} from './not-started.ts';

/** What of a run must not begin any more, and why. The first reason for each scope stays. */
export class RunGate {
  #jobs: NotStartedReason | undefined;
  #calls: NotStartedReason | undefined;
  #shortfall: Shortfall | undefined;
  readonly #taskCalls = new Map<string, {readonly reason: NotStartedReason; readonly shortfall?: Shortfall}>();
  readonly #listeners: (() => void)[] = [];

  /** No new job; calls in flight go on. */
  closeJobs(reason: NotStartedReason): void {
    this.#jobs ??= reason;
    this.closeCalls(reason);
  }

  /** No new model call in the whole run; jobs that need none still end well. */
  closeCalls(reason: NotStartedReason, shortfall?: Shortfall): void {
    if (this.#calls === undefined) this.#shortfall = shortfall;
    this.#calls ??= reason;
    for (const listener of this.#listeners) listener();
  }

  closeCallsOfTask(task: string, reason: NotStartedReason, shortfall?: Shortfall): void {
    if (!this.#taskCalls.has(task))
      this.#taskCalls.set(task, {reason, ...(shortfall === undefined ? {} : {shortfall})});
  }

  /** Of the budget that closed the calls of the whole run. */
  get shortfall(): Shortfall | undefined {
    return this.#shortfall;
  }

  get jobsClosed(): NotStartedReason | undefined {
    return this.#jobs;
  }

  get callsClosed(): NotStartedReason | undefined {
    return this.#calls;
  }

  onClose(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** @throws NotStarted when a job of this task may make no call any more. */
  checkCall(task: string): void {
    if (this.#calls !== undefined) throw new NotStarted(this.#calls, this.#shortfall);
    const closed = this.#taskCalls.get(task);
    if (closed !== undefined) throw new NotStarted(closed.reason, closed.shortfall);
  }

  /** @throws NotStarted when no job may begin any more. */
  checkJob(): void {
    if (this.#jobs !== undefined) throw new NotStarted(this.#jobs);
  }
}
