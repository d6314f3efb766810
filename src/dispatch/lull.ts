interface Waiting {
  readonly latestAt: number;
  resolve(): void;
}

interface LullTimes {
  /** It is quiet when nothing has come for so long, milliseconds. */
  readonly quietMs: number;
  /** Nobody waits for it longer. */
  readonly maxMs: number;
}

/** Finds the lull between things that come in bursts: work that can wait is done there, and what cannot goes first. */
export class Lull {
  readonly #times: LullTimes;
  readonly #now: () => number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(times: LullTimes, now: () => number = () => performance.now()) {
    this.#times = times;
    this.#now = now;
  }

  /** Something has come. */
  note(): void {
    this.#lastAt = this.#now();
  }

  get isNow(): boolean {
    return this.#now() - this.#lastAt >= this.#times.quietMs;
  }

  wait(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push({latestAt: this.#now() + this.#times.maxMs, resolve});
      this.#timer ??= setTimeout(() => this.#look(), this.#times.quietMs);
    });
  }

  #look(): void {
    const [isNow, now] = [this.isNow, this.#now()];
    const {over = [], not = []} = Object.groupBy(this.#waiting, ({latestAt}) =>
      isNow || latestAt <= now ? 'over' : 'not',
    );
    this.#waiting = not;
    this.#timer = not.length === 0 ? undefined : setTimeout(() => this.#look(), this.#times.quietMs);
    for (const {resolve} of over) resolve();
  }
}
