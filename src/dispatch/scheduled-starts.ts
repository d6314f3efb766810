import type {SharedLedger} from '../ledger/shared-ledger.ts';
import type {Clock} from '../util/clock.ts';
import type {JobQueue} from './job-queue.ts';
import {startScheduledRun} from './scheduled-run.ts';

export interface ScheduledStartsOptions {
  readonly queue: JobQueue;
  readonly ledger: SharedLedger;
  readonly clock: Pick<Clock, 'now'>;
  readonly note: (level: 'info' | 'warn', text: string) => void;
}

const lookMs = 2_000;
const firstWaitMs = 5_000;
const longestWaitMs = 300_000;

/** Starts the runs of schedules that are due. A worker that cannot start one leaves it to others, longer each time. */
export class ScheduledStarts {
  readonly #options: ScheduledStartsOptions;
  #nextLook = 0;
  #waitMs = firstWaitMs;

  constructor(options: ScheduledStartsOptions) {
    this.#options = options;
  }

  /** Looks when it is time to. */
  async look(): Promise<void> {
    const {queue, ledger, clock, note} = this.#options;
    if (clock.now() < this.#nextLook) return;
    this.#nextLook = clock.now() + lookMs;
    for (const start of await queue.takeStarts()) {
      const {id, firstAt} = start.plan;
      if (start.at.getTime() < firstAt) {
        await queue.done([start.ticket]);
        continue;
      }
      try {
        const run = await startScheduledRun(start, queue, ledger);
        note('info', run === undefined ? `schedule ${id}: its run goes on already` : `schedule ${id} starts ${run.id}`);
        await queue.done([start.ticket]);
        this.#waitMs = firstWaitMs;
      } catch (error) {
        note('warn', `schedule ${id} could not start: ${error instanceof Error ? error.message : String(error)}`);
        await queue.giveBack([start.ticket]);
        this.#nextLook = clock.now() + this.#waitMs;
        this.#waitMs = Math.min(this.#waitMs * 2, longestWaitMs);
      }
    }
  }
}
