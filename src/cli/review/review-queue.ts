import type {ChangeSummary, Decision} from '../../domain/change.ts';
import {orderForReview, reviewGroup} from '../../domain/review-order.ts';

/** What a person has still to decide on, and what they decided in this sitting. Holds no text of a change. */
export class ReviewQueue {
  readonly changes: readonly ChangeSummary[];
  readonly #decisions = new Map<ChangeSummary, Decision>();
  /** What one key decided, so that one key takes it back. */
  readonly #history: (readonly ChangeSummary[])[] = [];
  #at = 0;

  constructor(changes: readonly ChangeSummary[]) {
    this.changes = orderForReview(changes);
  }

  /** Undefined when there is nothing at all. */
  get current(): ChangeSummary | undefined {
    return this.changes[this.#at];
  }

  /** 1-based. */
  get position(): number {
    return this.#at + 1;
  }

  get isDone(): boolean {
    return this.changes.every(change => this.#decisions.has(change));
  }

  get counts(): {readonly accepted: number; readonly rejected: number; readonly open: number} {
    const kinds = [...this.#decisions.values()].map(({kind}) => kind);
    const accepted = kinds.filter(kind => kind === 'accepted').length;
    const rejected = kinds.filter(kind => kind === 'rejected').length;
    return {accepted, rejected, open: this.changes.length - accepted - rejected};
  }

  decisionOn(change: ChangeSummary): Decision | undefined {
    return this.#decisions.get(change);
  }

  /** The current change and those like it that are not decided on. */
  like(): readonly ChangeSummary[] {
    const {current} = this;
    if (current === undefined) return [];
    return this.changes.filter(
      change => change === current || (reviewGroup(change) === reviewGroup(current) && !this.#decisions.has(change)),
    );
  }

  /** Open changes with the same edit as the current one that are not decided on with it: their findings or checks are others. */
  unlike(): readonly ChangeSummary[] {
    const {current} = this;
    if (current === undefined) return [];
    return this.changes.filter(
      change =>
        change.skill === current.skill &&
        change.change.patchId === current.change.patchId &&
        reviewGroup(change) !== reviewGroup(current) &&
        !this.#decisions.has(change),
    );
  }

  /** Goes on to the next open change. */
  decide(changes: readonly ChangeSummary[], decision: Decision): void {
    for (const change of changes) this.#decisions.set(change, decision);
    this.#history.push(changes);
    this.#goToOpen();
  }

  /** What the last decision was about; it is open again, and current. Empty when there was none. */
  undo(): readonly ChangeSummary[] {
    const changes = this.#history.pop() ?? [];
    for (const change of changes) this.#decisions.delete(change);
    if (changes[0] !== undefined) this.#at = this.changes.indexOf(changes[0]);
    return changes;
  }

  move(by: 1 | -1): void {
    const count = this.changes.length;
    if (count > 0) this.#at = (this.#at + by + count) % count;
  }

  /** The next change that is open, behind the current one first. */
  later(): void {
    const from = this.#at;
    this.#at = Math.min(from + 1, this.changes.length - 1);
    if (from + 1 < this.changes.length) this.#goToOpen();
    else
      this.#at = Math.max(
        0,
        this.changes.findIndex(change => !this.#decisions.has(change)),
      );
  }

  #goToOpen(): void {
    const count = this.changes.length;
    for (let step = 0; step < count; step++) {
      const index = (this.#at + step) % count;
      if (this.#decisions.has(this.changes[index]!)) continue;
      this.#at = index;
      return;
    }
  }
}
