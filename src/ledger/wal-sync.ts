import {close, fdatasync, openSync} from 'node:fs';

/**
 * Puts what was committed to a write-ahead log on the disk, without holding up the thread that commits: with `synchronous =
 * NORMAL`, SQLite leaves this to whoever needs it. Calls that come while a flush is under way share the next one.
 */
export class WalSync {
  readonly #file: string;
  #descriptor: number | undefined;
  #running = false;
  #waiting: ((error: Error | null) => void)[] = [];

  /** `file` is the log itself; it has to exist, with a connection open, when `flush` is first called. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Calls back when everything that was committed before is on the disk, or with what went wrong. */
  flush(done: (error: Error | null) => void): void {
    this.#waiting.push(done);
    if (!this.#running) this.#run();
  }

  #run(): void {
    const served = this.#waiting;
    this.#waiting = [];
    const end = (error: Error | null): void => {
      this.#running = false;
      for (const done of served) done(error);
      if (this.#waiting.length > 0 && !this.#running) this.#run();
    };
    this.#running = true;
    try {
      this.#descriptor ??= openSync(this.#file, 'r');
    } catch (error) {
      end(error as Error);
      return;
    }
    fdatasync(this.#descriptor, end);
  }

  close(): void {
    if (this.#descriptor !== undefined) close(this.#descriptor);
    this.#descriptor = undefined;
  }
}
