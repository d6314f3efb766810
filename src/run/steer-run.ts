import {isDeepStrictEqual} from 'node:util';
import type {Reporter} from '../domain/event.ts';
import type {NotStartedReason} from '../domain/outcome.ts';
import {noControl, type RunControl, type RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {Clock} from '../util/clock.ts';
import type {RunGate} from './run-gate.ts';

export interface SteerOptions {
  readonly runId: string;
  /** This process, as the run was recorded. */
  readonly holder: RunRecord['holder'];
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly gate: RunGate;
  readonly reporter: Reporter;
  readonly graceMs: number;
  /** The time `HH:MM` as people know it, and the moment it stands for in milliseconds since 1970, which may have passed. */
  readonly deadline?: {readonly time: string; readonly at: number};
  /** Other processes execute jobs of the run too: what this one cannot do, they can. */
  readonly isShared: boolean;
  /** Something changed that decides how many jobs may run at once. */
  readonly onChange: () => void;
}

const pollMs = 400;
const beatMs = 5_000;

/** Lets other processes, signals and the clock steer a run that goes on: stop, pause, deadline, workers and budget. */
export class RunSteering {
  readonly #options: SteerOptions;
  readonly #calls = new AbortController();
  readonly #ended = new AbortController();
  control = noControl;

  constructor(options: SteerOptions, control: RunControl) {
    this.#options = options;
    // What was asked for before this process had a job of the run holds for its first one.
    this.#checkDeadline();
    this.#apply(control);
    void this.#watch();
  }

  /** Aborts when calls in flight may go on no longer. */
  get signal(): AbortSignal {
    return this.#calls.signal;
  }

  /** No new job; calls in flight get the grace. */
  stop(reason: NotStartedReason, text: string): void {
    const {gate, clock, graceMs, reporter, onChange} = this.#options;
    if (gate.jobsClosed !== undefined) return;
    reporter.report({type: 'run.noted', at: clock.now(), level: 'warn', text});
    gate.closeJobs(reason);
    onChange();
    clock.sleep(graceMs, this.#ended.signal).then(
      () => this.#calls.abort(),
      () => {},
    );
  }

  stopNow(reason: NotStartedReason, text: string): void {
    this.stop(reason, text);
    this.#calls.abort();
  }

  end(): void {
    this.#ended.abort();
  }

  async #watch(): Promise<void> {
    const {clock, ledger, runId, holder} = this.#options;
    let beatAt = clock.now() + beatMs;
    let isAnswering = true;
    for (;;) {
      try {
        await clock.sleep(pollMs, this.#ended.signal);
      } catch {
        return;
      }
      const now = clock.now();
      this.#checkDeadline();
      try {
        const run = now >= beatAt ? await ledger.beat(runId, holder) : await ledger.run(runId);
        if (now >= beatAt) beatAt = now + beatMs;
        if (run === undefined || !isDeepStrictEqual(run.holder, holder)) {
          this.stopNow('stopped', 'another process has taken this run over; stopping');
        } else {
          this.#apply(run.control);
        }
        isAnswering = true;
      } catch (error) {
        if (this.#ended.signal.aborted) return;
        const cause = error instanceof Error ? error.message : String(error);
        // Jobs that cannot be recorded go back to the queue; those that wait are not this process's to end.
        if (!this.#options.isShared) this.stop('stopped', `the ledger cannot be used any more (${cause}); stopping`);
        else if (isAnswering) this.#note(`the ledger does not answer (${cause}); jobs that cannot be recorded go back`);
        isAnswering = false;
      }
    }
  }

  #checkDeadline(): void {
    const {deadline, clock} = this.#options;
    if (deadline !== undefined && clock.now() >= deadline.at)
      this.stop('deadline', `deadline ${deadline.time} reached; no new job, calls in flight may end`);
  }

  #apply(control: RunControl): void {
    const before = this.control;
    this.control = control;
    if (control.stop === 'gracefully') this.stop('stopped', 'stop was asked for; no new job, calls in flight may end');
    if (control.stop === 'now') this.stopNow('stopped', 'stop --now was asked for');
    if (control.paused !== before.paused) this.#note(control.paused ? 'paused: no new job' : 'goes on');
    if (control.maxWorkers !== before.maxWorkers) this.#note(`max_workers is ${control.maxWorkers}`);
    if (control.budgetUsd !== before.budgetUsd) this.#note(`budget is ${control.budgetUsd} USD`);
    if (control !== before) this.#options.onChange();
  }

  #note(text: string): void {
    this.#options.reporter.report({type: 'run.noted', at: this.#options.clock.now(), level: 'info', text});
  }
}
