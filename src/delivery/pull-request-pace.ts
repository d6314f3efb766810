import type {Job} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {Clock} from '../util/clock.ts';

/** How many pull requests may be opened in an hour, by every run and process that shares the ledger. */
export interface PullRequestPace {
  /** Waits for a place when one gets free before the deadline of the run; else throws `paced`. The same name twice is one place. */
  take(name: string, job: Job): Promise<void>;
  /** Nothing was opened. */
  giveBack(name: string): Promise<void>;
  confirm(name: string): Promise<void>;
}

export interface PaceOptions {
  readonly runId: string;
  readonly ledger: Pick<Ledger, 'reserveEffect' | 'confirmEffect' | 'releaseEffect'>;
  readonly perHour: number;
  /** Milliseconds since 1970; undefined when the run has none. */
  readonly deadlineAt: number | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const windowMs = 3_600_000;

export function createPullRequestPace({
  runId,
  ledger,
  perHour,
  deadlineAt,
  clock,
  signal,
}: PaceOptions): PullRequestPace {
  return {
    async take(name, job) {
      for (;;) {
        const effect = {name, kind: 'pull-request', runId, jobId: job.id, limit: perHour, windowMs} as const;
        const freeAt = await ledger.reserveEffect(effect);
        if (freeAt === undefined) return;
        if (deadlineAt === undefined || freeAt >= deadlineAt) {
          const when = new Date(freeAt).toISOString();
          throw new JobFailure(
            'paced',
            `${perHour} pull requests were opened within an hour; the next may be at ${when}`,
          );
        }
        await clock.sleep(freeAt - clock.now(), signal);
      }
    },
    giveBack: name => ledger.releaseEffect(name),
    confirm: name => ledger.confirmEffect(name),
  };
}
