/** An order of jobs as somebody sees it. */
export interface Snapshot {
  readonly id: string;
  readonly run: string;
  readonly jobs: readonly string[];
}

const kept = 32;

/** Orders stay as they were made while rows change, so that no row moves away under a hand that is about to click. */
export class Snapshots {
  readonly #all = new Map<string, Snapshot>();
  #next = 1;

  keep(run: string, jobs: readonly string[]): Snapshot {
    const snapshot = {id: String(this.#next++), run, jobs};
    this.#all.set(snapshot.id, snapshot);
    for (const id of [...this.#all.keys()].slice(0, -kept)) this.#all.delete(id);
    return snapshot;
  }

  get(run: string, id: string): Snapshot | undefined {
    const found = this.#all.get(id);
    if (found?.run !== run) return undefined;
    // The one that was used last goes last.
    this.#all.delete(id);
    this.#all.set(id, found);
    return found;
  }
}
