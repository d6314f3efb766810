import type {RunEvent} from '../domain/event.ts';
import type {Job} from '../domain/job.ts';
import {endStatus, type Outcome} from '../domain/outcome.ts';
import {knownUsd} from '../domain/usage.ts';

export interface FinishedJob {
  readonly job: Job;
  readonly outcome: Outcome;
  readonly durationMs: number;
}

/** What a person wants to know of a run that goes on; folded from its events, and of bounded size. */
export class Progress {
  runId = '';
  total = 0;
  startedAt = 0;
  ended = 0;
  changed = 0;
  failed = 0;
  held = 0;
  notStarted = 0;
  costUsd = 0;
  costUnknown = 0;
  note: string | undefined;
  readonly running = new Map<string, {job: Job; since: number; retry?: string}>();
  /** Newest last. */
  recent: FinishedJob[] = [];
  /** Newest last. */
  failures: FinishedJob[] = [];
  readonly #kept: number;

  constructor(kept = 20) {
    this.#kept = kept;
  }

  apply(event: RunEvent): void {
    switch (event.type) {
      case 'run.started':
        this.runId = event.run.id;
        this.total = event.jobs;
        this.startedAt = event.at;
        this.costUsd = event.spentUsd ?? 0;
        return;
      case 'run.noted':
        this.note = event.text;
        return;
      case 'job.started':
        this.running.set(event.job.id, {job: event.job, since: event.at});
        return;
      case 'turn.finished':
        // It went on, so it waits no longer.
        delete this.running.get(event.job.id)?.retry;
        return;
      case 'job.retrying': {
        const entry = this.running.get(event.job.id);
        if (entry !== undefined) entry.retry = event.cause;
        return;
      }
      case 'job.finished':
        this.#finish(event.job, event.detail.outcome, Math.max(0, event.at - event.startedAt));
        return;
      case 'run.finished':
        return;
      default:
        event satisfies never;
    }
  }

  /** Milliseconds since 1970 at which the run will end if it goes on as it did; undefined while that cannot be said. */
  estimateEnd(nowMs: number): number | undefined {
    const elapsed = nowMs - this.startedAt;
    if (this.ended === 0 || elapsed < 2_000) return undefined;
    return nowMs + (elapsed / this.ended) * (this.total - this.ended);
  }

  #finish(job: Job, outcome: Outcome, durationMs: number): void {
    this.running.delete(job.id);
    this.ended++;
    if (outcome.status === 'changed') this.changed++;
    const status = endStatus(outcome);
    if (status === 'failed') this.failed++;
    if (status === 'held') this.held++;
    if (outcome.status === 'not-started') this.notStarted++;
    if (outcome.cost.usd === null) this.costUnknown++;
    this.costUsd += knownUsd(outcome.cost);
    const finished = {job, outcome, durationMs};
    const list = status === 'failed' ? 'failures' : 'recent';
    this[list] = [...this[list], finished].slice(-this.#kept);
  }
}
