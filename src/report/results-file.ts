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
  #failure: unknown;

  /** @throws OrchestratorError when the file cannot be written at the start. */
  constructor(file: string, runId: string, records: readonly JobRecord[]) {
    this.#file = file;
    this.#runId = runId;
    this.#rows = records.map(record => this.#render(record));
    this.#position = new Map(records.map(({job}, index) => [job.id, index]));
    this.#write(false);
    if (this.#failure !== undefined) throw this.#failure;
  }

  report(event: RunEvent): void {
    if (event.type === 'job.started') this.#put({job: event.job, state: 'running', startedAt: event.at});
    if (event.type === 'job.finished') {
      this.#put({job: event.job, state: 'ended', detail: event.detail, startedAt: event.startedAt, endedAt: event.at});
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#failure = undefined;
    this.#write(true);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #put(record: JobRecord): void {
    const index = this.#position.get(record.job.id);
    if (index === undefined) return;
    this.#rows[index] = this.#render(record);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write(false);
    }, this.#pauseMs);
  }

  #render(record: JobRecord): string {
    return JSON.stringify(toResultRow(this.#runId, record));
  }

  #write(durable: boolean): void {
    const started = performance.now();
    try {
      writeAtomically(this.#file, renderResults(this.#rows), {durable});
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      this.#failure = new OrchestratorError('results-unwritable', `${this.#file} cannot be written (${code})`, {
        hint: 'free space or choose another --results-dir; nothing is lost: orchestrator report writes it again',
        cause: error,
      });
    }
    this.#pauseMs = Math.max(minPauseMs, (performance.now() - started) / shareOfTime);
  }
}

/** The whole file, from its rows as JSON; one row a line. */
export function renderResults(rows: readonly string[]): string {
  return rows.length === 0 ? '[]\n' : `[\n${rows.join(',\n')}\n]\n`;
}
