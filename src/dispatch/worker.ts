import {OrchestratorError} from '../domain/errors.ts';
import {isQueued, type RunRecord, type WorkerRecord} from '../domain/run.ts';
import {LedgerError} from '../ledger/ledger.ts';
import {LeaseLost, type SharedLedger} from '../ledger/shared-ledger.ts';
import type {Clock} from '../util/clock.ts';
import type {JobQueue, QueuedJob, QueueTimes, Ticket} from './job-queue.ts';
import {RunSessions, type WorkerSession} from './run-sessions.ts';
import {ScheduledStarts} from './scheduled-starts.ts';
import {endWhatWaits, putBackLost} from './tend-run.ts';

export interface WorkerOptions {
  readonly identity: Pick<WorkerRecord, 'id' | 'host' | 'pid' | 'version'>;
  readonly maxWorkers: number;
  readonly labels: readonly string[];
  readonly times: QueueTimes;
  readonly queue: JobQueue;
  readonly ledger: SharedLedger;
  readonly clock: Clock;
  readonly openSession: (runId: string) => Promise<WorkerSession>;
  /** Every job of the run has ended. */
  readonly endRun: (runId: string) => Promise<void>;
  readonly note: (level: 'info' | 'warn', text: string) => void;
  /** How long jobs may go on when the worker shall end, milliseconds. */
  readonly graceMs: number;
  /** Asked now and then; throws when this version no longer fits the database. */
  readonly checkVersion: () => Promise<void>;
}

/** How long an idle worker waits before it looks for jobs again. */
const pollMs = 500;
const beatMs = 5_000;
const maxTaken = 64;
/** Places that get free one after another are filled together, where that is so soon that no model would notice. */
const gatherMs = 25;
/** How long a finished job may wait to be told to the queue, together with others. */
const settleMs = 100;

/** Takes jobs from the queue until told to drain: then it takes no other, and gives back what does not end in time. */
export class QueueWorker {
  readonly #options: WorkerOptions;
  readonly #held = new Map<string, HeldJob>();
  readonly #sessions: RunSessions;
  readonly #starts: ScheduledStarts;
  readonly #ended = new AbortController();
  readonly #startedAt: number;
  #places = 0;
  #tookAt = 0;
  #doneTickets: Ticket[] = [];
  readonly #ends = new Set<Promise<void>>();
  #isDraining = false;
  #failure: unknown;
  #wake: () => void = () => {};

  constructor(options: WorkerOptions) {
    const {openSession, clock, note} = options;
    this.#options = options;
    this.#startedAt = clock.now();
    this.#starts = new ScheduledStarts(options);
    this.#sessions = new RunSessions({
      open: openSession,
      clock,
      onTrouble: ({runId, message}, waitMs) => {
        note('warn', `${runId} cannot be executed here and is left to others for ${waitMs / 1000} s: ${message}`);
        this.#beat().catch(() => {});
      },
    });
  }

  /** Resolves when it has drained; rejects when it cannot go on. */
  async run(): Promise<void> {
    const {queue, ledger, identity, note} = this.#options;
    await this.#beat().catch(error => note('warn', messageOf(error)));
    const background = [
      this.#every(Math.min(beatMs, (this.#options.times.heartbeatSeconds * 1000) / 4), () => this.#keepAlive()),
      this.#every(this.#options.times.monitorSeconds * 1000, () => this.#tidy()),
    ];
    try {
      while (!this.#isDraining) await this.#takeSome();
      await this.#drained();
    } finally {
      this.#ended.abort();
      await Promise.all(background);
      await this.#settle().catch(() => {});
      await Promise.all(this.#ends);
      await this.#sessions.closeAll();
      await ledger.removeWorker(identity.id).catch(() => {});
      await queue.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#wake();
    const {clock, graceMs} = this.#options;
    clock.sleep(graceMs, this.#ended.signal).then(
      () => this.giveUp(),
      () => {},
    );
  }

  /** Gives back what is under way. */
  giveUp(): void {
    this.drain();
    for (const {abort} of this.#held.values()) abort.abort();
  }

  async #takeSome(): Promise<void> {
    const {queue, maxWorkers, labels, note, clock} = this.#options;
    const free = maxWorkers - this.#places;
    const sinceTaken = clock.now() - this.#tookAt;
    if (free > 0 && free < maxWorkers / 8 && sinceTaken >= 0 && sinceTaken < gatherMs)
      return await clock.sleep(gatherMs - sinceTaken);
    // Deliveries that are still being written may not pile up without bound behind fast models.
    if (free <= 0 || this.#held.size >= 2 * maxWorkers + maxTaken) return await this.#waitForWake();
    try {
      await this.#starts.look();
      const taken = await queue.take(new Set(labels), Math.min(free, maxTaken), this.#sessions.refused());
      for (const queued of taken) void this.#work(queued);
      this.#tookAt = clock.now();
      if (taken.length > 0) return;
    } catch (error) {
      note('warn', `the queue cannot be read: ${messageOf(error)}`);
    }
    // Spread, so that many idle workers do not ask in step.
    await Promise.race([this.#waitForWake(), clock.sleep(pollMs * (0.75 + Math.random() / 2), this.#ended.signal)]);
  }

  async #work(queued: QueuedJob): Promise<void> {
    const {ledger, identity, note} = this.#options;
    const {ticket, runId, jobId} = queued;
    const held: HeldJob = {ticket, abort: new AbortController()};
    this.#held.set(ticket.id, held);
    this.#places++;
    let hasPlace = true;
    const leavePlace = (): void => {
      if (!hasPlace) return;
      hasPlace = false;
      this.#places--;
      this.#wake();
    };
    let isOver = false;
    try {
      const taken = await ledger.takeJob(runId, jobId, identity.id);
      if (taken !== undefined) {
        try {
          await this.#sessions.use(taken, async session => {
            await session.execute(taken, async () => leavePlace(), held.abort.signal);
            // The next in turn.
            if (!session.parallel) await this.#tend(await ledger.run(runId));
          });
        } catch (error) {
          // Refused where somebody else has it by now.
          await ledger.giveBack(taken.lease).catch(() => {});
          throw error;
        } finally {
          if (this.#sessions.isIdle(runId)) this.#endSoon(runId);
        }
      }
      isOver = true;
    } catch (error) {
      if (!(error instanceof LeaseLost)) {
        note('warn', `job ${jobId} of ${runId} goes back to the queue: ${messageOf(error)}`);
        // What cannot be done here must not go round and round at full speed.
        await this.#options.clock.sleep(1_000, this.#ended.signal).catch(() => {});
      }
    } finally {
      this.#held.delete(ticket.id);
      leavePlace();
    }
    if (isOver) this.#settleSoon(ticket);
    else await this.#options.queue.giveBack([ticket]).catch(() => {});
  }

  #endSoon(runId: string): void {
    const end = this.#endWhenDone(runId).finally(() => this.#ends.delete(end));
    this.#ends.add(end);
  }

  async #endWhenDone(runId: string): Promise<void> {
    const {ledger, endRun, note} = this.#options;
    try {
      if (await ledger.hasOpenJobs(runId)) return;
      await endRun(runId);
      if (this.#sessions.isIdle(runId)) await this.#sessions.close(runId);
    } catch (error) {
      note('warn', `the end of ${runId} could not be recorded, and is tried again: ${messageOf(error)}`);
    }
  }

  #settleSoon(ticket: Ticket): void {
    this.#doneTickets.push(ticket);
    if (this.#doneTickets.length > 1) return;
    setTimeout(() => void this.#settle().catch(() => {}), settleMs);
  }

  async #settle(): Promise<void> {
    const tickets = this.#doneTickets;
    this.#doneTickets = [];
    // One that is not settled is given out once more, and found to have ended.
    if (tickets.length > 0) await this.#options.queue.done(tickets);
  }

  async #keepAlive(): Promise<void> {
    const held = [...this.#held.values()];
    if (held.length > 0) {
      const lost = new Set((await this.#options.queue.keep(held.map(({ticket}) => ticket))).map(({id}) => id));
      for (const {ticket, abort} of held) if (lost.has(ticket.id)) abort.abort();
    }
    await this.#beat();
  }

  async #beat(): Promise<void> {
    const {ledger, identity, labels, maxWorkers, clock} = this.#options;
    await ledger.beatWorker({
      ...identity,
      labels,
      maxWorkers,
      jobs: this.#held.size,
      troubles: this.#sessions.troubles(),
      startedAt: this.#startedAt,
      heartbeatAt: clock.now(),
    });
  }

  /** What no worker does with a job in hand: ends what was stopped, finds what was lost, and ends runs whose last worker died. */
  async #tidy(): Promise<void> {
    const {ledger, checkVersion} = this.#options;
    try {
      await checkVersion();
    } catch (error) {
      // A database that is away comes back; one of a newer version does not.
      if (!(error instanceof OrchestratorError) || error instanceof LedgerError) throw error;
      this.#failure ??= error;
      this.drain();
      return;
    }
    const runs = (await ledger.runs({state: 'running'})).filter(isQueued);
    await this.#sessions.keepOnly(new Set(runs.map(({id}) => id)));
    for (const run of runs) {
      await this.#tend(run);
      if (this.#sessions.isIdle(run.id)) await this.#endWhenDone(run.id);
    }
  }

  async #tend(run: RunRecord | undefined): Promise<void> {
    const {ledger, queue, clock} = this.#options;
    if (run?.state !== 'running') return;
    await endWhatWaits(run, ledger, clock.now());
    await putBackLost(run, ledger, queue);
  }

  async #every(ms: number, work: () => Promise<void>): Promise<void> {
    const {clock, note} = this.#options;
    for (;;) {
      try {
        await clock.sleep(ms, this.#ended.signal);
      } catch {
        return;
      }
      await work().catch(error => note('warn', messageOf(error)));
    }
  }

  async #drained(): Promise<void> {
    while (this.#held.size > 0) await this.#waitForWake(200);
  }

  async #waitForWake(ms = 1_000): Promise<void> {
    const {promise, resolve} = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
  }
}

interface HeldJob {
  readonly ticket: Ticket;
  readonly abort: AbortController;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
