import type {Clock} from '../util/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that stands still until it is moved. */
export class FakeClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];

  constructor(now = 1_760_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter(one => one !== sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        at: this.#now + ms,
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', onAbort, {once: true});
    });
  }

  /** How many sleep. */
  get sleepers(): number {
    return this.#sleepers.length;
  }

  /** Wakes everybody due until then, in order of time, and lets each do what it can before the next wakes. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = this.#sleepers.reduce<Sleeper | undefined>(
        (best, one) => (best === undefined || one.at < best.at ? one : best),
        undefined,
      );
      if (next === undefined || next.at > end) break;
      this.#now = Math.max(this.#now, next.at);
      this.#sleepers = this.#sleepers.filter(one => one !== next);
      next.wake();
    }
    this.#now = end;
    await settle();
  }

  /** Moves to the next one due; false when nobody sleeps. */
  async advanceToNext(): Promise<boolean> {
    await settle();
    if (this.#sleepers.length === 0) return false;
    await this.advance(Math.max(0, Math.min(...this.#sleepers.map(one => one.at)) - this.#now));
    return true;
  }
}

/** Lets everything that waits only for promises go on. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
