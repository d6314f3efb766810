import type {WorkerTrouble} from '../domain/run.ts';
import {LedgerError} from '../ledger/ledger.ts';
import type {TakenJob} from '../ledger/shared-ledger.ts';
import type {Clock} from '../util/clock.ts';

/** What executes jobs of one run in this process. */
export interface WorkerSession {
  /** False: one job of the run at a time, in the order of the plan, whoever executes it. */
  readonly parallel: boolean;
  /**
   * Executes the job to its recorded end. Rejects with `LeaseLost` when somebody else has it, and when `signal` aborts: then
   * nothing is recorded. `answered` as in the dispatcher of one machine.
   */
  execute(taken: TakenJob, answered: () => Promise<void>, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface RunSessionsOptions {
  readonly open: (runId: string) => Promise<WorkerSession>;
  readonly clock: Pick<Clock, 'now'>;
  /** Nothing of the run is executed here for so long. */
  readonly onTrouble: (trouble: WorkerTrouble, waitMs: number) => void;
}

const firstWaitMs = 5_000;
const longestWaitMs = 300_000;

/** The sessions of a worker, one for each run that it has jobs of; and the runs that cannot be executed here, which are left to others. */
export class RunSessions {
  readonly #options: RunSessionsOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #refused = new Map<string, Refused>();

  constructor(options: RunSessionsOptions) {
    this.#options = options;
  }

  /** Opens the session of the run for its first job. Rejects when that cannot be done: not the fault of the job. */
  async use(taken: TakenJob, work: (session: WorkerSession) => Promise<void>): Promise<void> {
    const slot = this.#slotFor(taken);
    slot.jobs++;
    try {
      await work(await slot.session);
    } finally {
      slot.jobs--;
      if (slot.jobs === 0 && this.#slots.get(taken.lease.runId) !== slot) await closeSlot(slot);
    }
  }

  isIdle(runId: string): boolean {
    return (this.#slots.get(runId)?.jobs ?? 0) === 0;
  }

  /** Runs of which nothing may be taken now. */
  refused(): string[] {
    const now = this.#options.clock.now();
    return [...this.#refused].filter(([, {until}]) => until > now).map(([runId]) => runId);
  }

  troubles(): WorkerTrouble[] {
    return [...this.#refused].map(([runId, {message}]) => ({runId, message}));
  }

  /** Closes what is left of runs that have ended. */
  async keepOnly(runIds: ReadonlySet<string>): Promise<void> {
    for (const runId of this.#refused.keys()) if (!runIds.has(runId)) this.#refused.delete(runId);
    for (const runId of this.#slots.keys()) if (!runIds.has(runId) && this.isIdle(runId)) await this.close(runId);
  }

  async close(runId: string): Promise<void> {
    const slot = this.#slots.get(runId);
    if (slot === undefined) return;
    this.#slots.delete(runId);
    if (slot.jobs === 0) await closeSlot(slot);
  }

  async closeAll(): Promise<void> {
    for (const runId of [...this.#slots.keys()]) await this.close(runId);
  }

  #slotFor({lease: {runId}, runBegunAt}: TakenJob): Slot {
    const known = this.#slots.get(runId);
    if (known?.runBegunAt === runBegunAt) return known;
    // The run was resumed: what stopped it then does not hold any more. Jobs that are still under way close the old one.
    if (known?.jobs === 0) void closeSlot(known);
    const slot: Slot = {session: this.#options.open(runId), runBegunAt, jobs: 0};
    this.#slots.set(runId, slot);
    slot.session.then(
      () => this.#refused.delete(runId),
      error => {
        if (this.#slots.get(runId) === slot) this.#slots.delete(runId);
        // A database that is away keeps nobody from executing the run later.
        if (!(error instanceof LedgerError)) this.#refuse(runId, error);
      },
    );
    return slot;
  }

  #refuse(runId: string, error: unknown): void {
    const waitMs = Math.min((this.#refused.get(runId)?.waitMs ?? firstWaitMs / 2) * 2, longestWaitMs);
    const message = error instanceof Error ? error.message : String(error);
    this.#refused.set(runId, {message, waitMs, until: this.#options.clock.now() + waitMs});
    this.#options.onTrouble({runId, message}, waitMs);
  }
}

interface Slot {
  readonly session: Promise<WorkerSession>;
  readonly runBegunAt: number;
  jobs: number;
}

interface Refused {
  readonly message: string;
  readonly waitMs: number;
  readonly until: number;
}

async function closeSlot({session}: Slot): Promise<void> {
  // One that could not be opened was told to whoever wanted it.
  await (await session.catch(() => undefined))?.close();
}
