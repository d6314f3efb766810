import type {RateLimit} from '../domain/model.ts';

/** How a call ended, as far as the limits of its provider are concerned. */
export type CallEnd =
  | {readonly kind: 'answered'; readonly rateLimit?: RateLimit}
  | {readonly kind: 'throttled'; readonly retryAfterMs?: number; readonly rateLimit?: RateLimit}
  /** Not reached, or a server error. */
  | {readonly kind: 'down'; readonly retryAfterMs?: number}
  /** Says nothing about the provider, such as an abort. */
  | {readonly kind: 'unknown'};

/** The right to make one call. Must be released, once. */
export interface Permit {
  release(end: CallEnd): void;
}

export interface AcquireOptions {
  /** Another provider can be asked instead: rejects rather than waits while this one is down. */
  readonly hasFallback?: boolean;
  /** Input and the most output, estimated. */
  readonly tokens?: number;
  /** The longest that the call can take, milliseconds. */
  readonly timeoutMs?: number;
}

/** Decides when a call to one provider may start. Shared by every job of the process that calls that provider. */
export interface Limiter {
  /**
   * In the order asked. Rejects with the signal's reason when it aborts, and with a `ModelCallError` when the provider
   * has been down for so long that waiting is given up, or is down and there is a fallback.
   */
  acquire(signal: AbortSignal, options?: AcquireOptions): Promise<Permit>;
}
