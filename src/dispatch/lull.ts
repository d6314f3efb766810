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
  #isLooking = false;

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
      if (!this.#isLooking) this.#lookLater();
    });
  }

  #look(): void {
    const now = this.#now();
    const overdue = this.#waiting.filter(({latestAt}) => latestAt <= now).length;
    // One after the other, so that what comes meanwhile is seen between them.
    const count = Math.max(this.isNow ? 1 : 0, overdue);
    for (const {resolve} of this.#waiting.splice(0, count)) resolve();
    if (this.#waiting.length === 0) this.#isLooking = false;
    else if (count > 0) setImmediate(() => this.#look());
    else this.#lookLater();
  }

  #lookLater(): void {
    this.#isLooking = true;
    setTimeout(() => this.#look(), this.#times.quietMs);
  }
}
