/** What became of requests of commands to one place. */
export interface NetworkUse {
  /** `host:port` as it was asked for, or what stands for it. Untrusted. */
  readonly host: string;
  readonly times: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Why nothing was passed on; absent for what was reached. */
  readonly refused?: string;
}

/** What the commands of a job could reach, and what they asked for. */
export interface NetworkRecord {
  /** As the operator named them; empty: there was no network at all. */
  readonly allowed: readonly string[];
  readonly uses: readonly NetworkUse[];
  /** Requests to further places, of which no more is kept. */
  readonly more: number;
}

const namedHosts = 10;

/** For whoever must not take the one for the other. */
export function networkText(allowed: readonly string[]): string {
  if (allowed.length === 0) return 'no network';
  const more = allowed.length - namedHosts;
  return `network: ${allowed.slice(0, namedHosts).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Places kept of each kind, reached and refused: more than any build has, and a page of a log. */
const mostPlaces = 20;
const longestHost = 260;

/** Counts what is asked for, in constant memory whatever is asked for. */
export class NetworkCounter {
  readonly #uses = new Map<string, NetworkUse>();
  #more = 0;

  add(use: NetworkUse): void {
    const host = use.host.slice(0, longestHost);
    const key = JSON.stringify([host, use.refused ?? null]);
    const known = this.#uses.get(key);
    if (known === undefined && this.#isFull(use.refused !== undefined)) {
      this.#more += use.times;
      return;
    }
    this.#uses.set(key, {
      ...use,
      host,
      times: use.times + (known?.times ?? 0),
      sentBytes: use.sentBytes + (known?.sentBytes ?? 0),
      receivedBytes: use.receivedBytes + (known?.receivedBytes ?? 0),
    });
  }

  addAll({uses, more}: Pick<NetworkRecord, 'uses' | 'more'>): void {
    for (const use of uses) this.add(use);
    this.#more += more;
  }

  /** Those that were reached first. */
  get record(): Pick<NetworkRecord, 'uses' | 'more'> {
    const uses = [...this.#uses.values()];
    return {uses: [...uses.filter(isReached), ...uses.filter(use => !isReached(use))], more: this.#more};
  }

  #isFull(refused: boolean): boolean {
    return [...this.#uses.values()].filter(use => isReached(use) !== refused).length >= mostPlaces;
  }
}

export function isReached({refused}: NetworkUse): boolean {
  return refused === undefined;
}
