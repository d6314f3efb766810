import {readdir, rm} from 'node:fs/promises';
import path from 'node:path';
import {OrchestratorError} from '../domain/errors.ts';
import type {Reporter, RunEvent} from '../domain/event.ts';
import type {JobRecord} from '../domain/run.ts';
import {writeAtomically} from '../util/write-atomically.ts';
import {toResultRow} from './result-row.ts';

/** Writing may take at most this share of the time of a run, however large the file is. */
const shareOfTime = 0.02;
const minPauseMs = 1_000;

/**
 * Keeps the results file: complete from the start, one row per job in the order of the plan, replaced as a whole as
 * jobs end. The last state is on disk when `close` resolves.
 */
export class ResultsFile implements Reporter {
  readonly #file: string;
  readonly #runId: string;
  readonly #rows: string[];
  readonly #position: ReadonlyMap<string, number>;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = minPauseMs;
  /** The last write that was asked for. One at a time: all use the same temporary name. */
  #writing: Promise<void> = Promise.resolve();
  /** Rows have changed since the last write began. */
  #isStale = false;
  /** Everything reported so far is on the disk. */
  #isFlushed = false;
  #failure: unknown;

  private constructor(file: string, runId: string, records: readonly JobRecord[]) {
    this.#file = file;
    this.#runId = runId;
    this.#rows = records.map(record => this.#render(record));
    this.#position = new Map(records.map(({job}, index) => [job.id, index]));
  }

  /** Writes the first, complete state. Throws `OrchestratorError` when the file cannot be written. */
  static async open(file: string, runId: string, records: readonly JobRecord[]): Promise<ResultsFile> {
    const results = new ResultsFile(file, runId, records);
    await removeLeftovers(file);
    await results.#write({durable: false});
    if (results.#failure !== undefined) throw results.#failure;
    return results;
  }

  report(event: RunEvent): void {
    if (event.type === 'job.started') this.#put({job: event.job, state: 'running', startedAt: event.at});
    if (event.type === 'job.finished') {
      const {job, detail, startedAt, at: endedAt, worker} = event;
      this.#put({job, state: 'ended', detail, startedAt, endedAt, ...(worker === undefined ? {} : {worker})});
    }
  }

  async close(): Promise<void> {
    this.#stopTimer();
    await this.#writing;
    // A write that was under way may have asked for the next one.
    this.#stopTimer();
    if (this.#isFlushed) return;
    await this.#write({durable: true});
    if (this.#failure !== undefined) throw this.#failure;
  }

  async flush(): Promise<boolean> {
    this.#stopTimer();
    await this.#write({durable: true});
    return this.#failure === undefined;
  }

  #put(record: JobRecord): void {
    const index = this.#position.get(record.job.id);
    if (index === undefined) return;
    this.#rows[index] = this.#render(record);
    this.#isFlushed = false;
    this.#schedule();
  }

  #schedule(): void {
    this.#isStale = true;
    this.#timer ??= setTimeout(() => {
      this.#write({durable: false}).then(() => {
        this.#stopTimer();
        if (this.#isStale) this.#schedule();
      });
    }, this.#pauseMs);
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #render(record: JobRecord): string {
    return JSON.stringify(toResultRow(this.#runId, record));
  }

  #write(options: {readonly durable: boolean}): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeNow(options));
    return this.#writing;
  }

  async #writeNow({durable}: {readonly durable: boolean}): Promise<void> {
    const started = performance.now();
    this.#isStale = false;
    this.#isFlushed = durable;
    this.#failure = undefined;
    try {
      await writeAtomically(this.#file, renderResults(this.#rows), {durable});
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      this.#isFlushed = false;
      this.#failure = new OrchestratorError('results-unwritable', `${this.#file} cannot be written (${code})`, {
        hint: 'free space or choose another --results-dir; nothing is lost: orchestrator report writes it again',
        cause: error,
      });
    }
    this.#pauseMs = Math.max(minPauseMs, (performance.now() - started) / shareOfTime);
  }
}

/** Half-written states that a process which was killed left beside the file. Only its run may have written there. */
export async function removeLeftovers(file: string): Promise<void> {
  const folder = path.dirname(file);
  const start = `.${path.basename(file)}.`;
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (name.startsWith(start) && /^\d+\.tmp$/.test(name.slice(start.length)))
      await rm(path.join(folder, name), {force: true});
  }
}

/** The whole file, from its rows as JSON; one row a line. */
export function renderResults(rows: readonly string[]): string {
  return rows.length === 0 ? '[]\n' : `[\n${rows.join(',\n')}\n]\n`;
}
