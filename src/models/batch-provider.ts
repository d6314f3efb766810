/** One request of a batch. */
export interface BatchRequest {
  /** `[a-zA-Z0-9_-]{1,64}`, unique in its batch. */
  readonly id: string;
  /** JSON, as an ordinary call would send it. */
  readonly body: string;
  /** Path of the ordinary call, from `/v1` on; the same for all of a batch. */
  readonly endpoint: string;
}

/** What one batch may hold. */
export interface BatchLimits {
  readonly requests: number;
  readonly bytes: number;
}

export interface BatchStatus {
  readonly ended: boolean;
  /** How many requests are known to have been processed; some providers tell only at the end. */
  readonly processed: number;
}

/** A batch as the provider lists it. */
export interface ListedBatch extends BatchStatus {
  readonly id: string;
  /** Milliseconds since 1970, by the provider's clock. */
  readonly createdAt: number;
  readonly requests: number;
  /** Our own name for it, where the provider keeps one. */
  readonly name?: string;
}

/** What became of one request. `text` is the body that an ordinary call would have been answered with. */
export type BatchResult =
  | {readonly id: string; readonly kind: 'answered'; readonly status: number; readonly text: string}
  | {readonly id: string; readonly kind: 'expired' | 'canceled'};

export interface BatchResults {
  readonly results: Iterable<BatchResult>;
  /** What became of requests that have no result of their own: `unknown`, or nothing was billed and this is why. */
  readonly rest: 'unknown' | 'expired' | 'canceled' | {readonly status: number; readonly text: string};
}

/** The batch interface of one provider. Each method makes single attempts and throws `ModelCallError`. */
export interface BatchProvider {
  readonly limits: BatchLimits;
  /** Whether it keeps our name of a batch, so that one whose id was lost is known by it. */
  readonly keepsNames: boolean;
  /** Gives the provider's name of the batch. `name` is ours, kept where that is possible. */
  submit(name: string, requests: readonly BatchRequest[], signal: AbortSignal): Promise<string>;
  status(id: string, signal: AbortSignal): Promise<BatchStatus>;
  /** Of a batch that has ended. */
  results(id: string, signal: AbortSignal): Promise<BatchResults>;
  /** Batches that were made since then, in milliseconds since 1970. */
  list(since: number, signal: AbortSignal): Promise<ListedBatch[]>;
  /** Asks for its end; what was processed by then is billed and has results. */
  cancel(id: string, signal: AbortSignal): Promise<void>;
}
