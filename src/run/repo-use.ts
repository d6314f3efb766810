/** Which repos the jobs of this run are at work in, so that a repo is given free for other runs when the last of them ends. */
export class RepoUse {
  readonly #jobs = new Map<string, number>();

  enter(repoKey: string): void {
    this.#jobs.set(repoKey, (this.#jobs.get(repoKey) ?? 0) + 1);
  }

  /** True when no other job of this run is at work in the repo. */
  leave(repoKey: string): boolean {
    const left = (this.#jobs.get(repoKey) ?? 1) - 1;
    if (left > 0) this.#jobs.set(repoKey, left);
    else this.#jobs.delete(repoKey);
    return left === 0;
  }
}
