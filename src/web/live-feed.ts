import type {Ledger} from '../ledger/ledger.ts';
import type {Clock} from '../util/clock.ts';
import type {JobRow, LiveEvent} from './api.ts';
import type {OpenRun, RunBook} from './run-book.ts';

/** An event with the number by which a reader that was cut off asks for what came after it. */
export interface NumberedEvent {
  readonly id: number;
  readonly event: LiveEvent;
}

const keptEvents = 500;
const lookEveryMs = 1_000;
/** Who polls instead of listening is still there for so long. */
const pollerMs = 15_000;
/** More rows than that in one event: the reader asks for what it shows. */
const maxRows = 400;

/** Tells the pages that are open what changed in the ledger, whoever changed it. Looks only while somebody listens. */
export class LiveFeed {
  readonly #ledger: Ledger;
  readonly #book: RunBook;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #listeners = new Set<(event: NumberedEvent) => void>();
  readonly #events: NumberedEvent[] = [];
  /** Runs as they were told last. */
  readonly #told = new Map<string, {overview: string; rows?: ReadonlyMap<string, JobRow>}>();
  readonly #watched = new Map<string, number>();
  #next = 1;
  #polledAt = 0;
  #isLooking = false;

  constructor({ledger, book, clock, signal}: {ledger: Ledger; book: RunBook; clock: Clock; signal: AbortSignal}) {
    this.#ledger = ledger;
    this.#book = book;
    this.#clock = clock;
    this.#signal = signal;
  }

  get lastId(): number {
    return this.#next - 1;
  }

  /** Somebody looks at this run as it is here: what differs from it is told, also when the run has ended. */
  watch({overview, rows}: OpenRun): void {
    this.#watched.set(overview.id, this.#clock.now());
    const known = this.#told.get(overview.id);
    if (known === undefined) this.#told.set(overview.id, {overview: JSON.stringify(overview), rows: new Map(rows)});
    else known.rows ??= new Map(rows);
  }

  listen(listener: (event: NumberedEvent) => void): () => void {
    this.#listeners.add(listener);
    void this.#look();
    return () => this.#listeners.delete(listener);
  }

  /** Everything after `id`; a single `reset` when that is not known any more. */
  since(id: number): NumberedEvent[] {
    this.#polledAt = this.#clock.now();
    void this.#look();
    const oldest = this.#events[0]?.id ?? this.#next;
    if (id > this.lastId || id < oldest - 1) return [{id: this.lastId, event: {type: 'reset'}}];
    return this.#events.filter(event => event.id > id);
  }

  tell(event: LiveEvent): void {
    const numbered = {id: this.#next++, event};
    this.#events.push(numbered);
    if (this.#events.length > keptEvents) this.#events.shift();
    for (const listener of this.#listeners) listener(numbered);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      while (!this.#signal.aborted && this.#isHeard()) {
        await this.lookOnce();
        await this.#clock.sleep(lookEveryMs, this.#signal);
      }
    } catch (error) {
      // The page is closing, or the ledger is busy for longer than it may be; the next listener starts anew.
      if (!this.#signal.aborted) this.tell({type: 'reset'});
      void error;
    } finally {
      this.#isLooking = false;
    }
  }

  #isHeard(): boolean {
    return this.#listeners.size > 0 || this.#clock.now() - this.#polledAt < pollerMs;
  }

  /** Tells what differs from what was told last. */
  async lookOnce(): Promise<void> {
    const now = this.#clock.now();
    for (const [id, at] of this.#watched) if (now - at > 3_600_000) this.#watched.delete(id);
    const runs = new Map((await this.#ledger.runs({limit: 5})).map(run => [run.id, run]));
    for (const id of new Set([...runs.keys(), ...this.#watched.keys()])) {
      if (this.#watched.has(id)) await this.#tellRows(id);
      else {
        const run = runs.get(id)!;
        this.#tellRun(id, await this.#book.overview(run));
      }
    }
  }

  async #tellRows(id: string): Promise<void> {
    const open = await this.#book.open(id);
    if (open === undefined) return;
    const before = this.#told.get(id)?.rows;
    this.#tellRun(id, open.overview);
    const rows = before === undefined ? [] : [...open.rows.values()].filter(row => before.get(row.id) !== row);
    const known = this.#told.get(id);
    if (known !== undefined) known.rows = new Map(open.rows);
    if (rows.length > maxRows) this.tell({type: 'reset'});
    else if (rows.length > 0) this.tell({type: 'jobs', run: id, rows});
  }

  #tellRun(id: string, run: Extract<LiveEvent, {type: 'run'}>['run']): void {
    const text = JSON.stringify(run);
    const known = this.#told.get(id);
    if (known?.overview === text) return;
    this.#told.set(id, {...known, overview: text});
    if (known !== undefined) this.tell({type: 'run', run});
  }
}
