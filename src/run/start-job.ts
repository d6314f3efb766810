import {JobFailure} from '../domain/outcome.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {Clock} from '../util/clock.ts';
import type {JobTools} from './job-tools.ts';
import type {RunGate} from './run-gate.ts';

export interface StartJobOptions {
  readonly runId: string;
  readonly ledger: Pick<Ledger, 'startJob'>;
  readonly clock: Clock;
  readonly gate: RunGate;
  /** How long a job waits for a repo that another run holds, milliseconds. */
  readonly busyTimeoutMs: number;
}

export const busyPollMs = 250;

/** Waits a little for a repo that another run holds. Throws `repo-busy` when that has lasted too long since `since`. */
export type WaitForRepo = (holder: string, since: number, signal: AbortSignal) => Promise<void>;

export function createWaitForRepo({gate, clock, busyTimeoutMs}: Omit<StartJobOptions, 'ledger'>): WaitForRepo {
  return async (holder, since, signal) => {
    gate.checkJob();
    if (clock.now() >= since + busyTimeoutMs) throw new JobFailure('repo-busy', `Run ${holder} holds the repo`);
    await clock.sleep(busyPollMs, signal);
  };
}

export function createStartJob(options: StartJobOptions, waitForRepo: WaitForRepo): JobTools['startJob'] {
  const {ledger, clock, runId} = options;
  return async (job, repoKey, signal) => {
    const since = clock.now();
    for (;;) {
      const {busyWith} = await ledger.startJob(runId, job, repoKey);
      if (busyWith === undefined) return;
      await waitForRepo(busyWith, since, signal);
    }
  };
}
