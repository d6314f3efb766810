import type {RateLimit} from '../domain/model.ts';
import type {Usage} from '../domain/usage.ts';

export type ModelCallErrorKind =
  | 'rate-limited'
  | 'overloaded'
  | 'server-error'
  | 'unreachable'
  | 'timeout'
  | 'auth'
  | 'forbidden'
  | 'not-found'
  | 'bad-request'
  | 'quota'
  | 'redirected'
  | 'malformed'
  | 'cut'
  | 'aborted';

interface Details {
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly rateLimit?: RateLimit | undefined;
  readonly usage?: Usage | undefined;
}

/** One attempt that gave no reply. The message is one line of our own; parts that came from outside stand in it quoted and short. */
export class ModelCallError extends Error {
  readonly kind: ModelCallErrorKind;
  readonly status: number | undefined;
  /** How long the provider asks to wait, from the moment its answer came. */
  readonly retryAfterMs: number | undefined;
  readonly rateLimit: RateLimit | undefined;
  /** Tokens that were used although there is no reply, where the provider told them. */
  readonly usage: Usage | undefined;

  constructor(kind: ModelCallErrorKind, message: string, details: Details = {}) {
    super(message);
    this.name = 'ModelCallError';
    this.kind = kind;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.rateLimit = details.rateLimit;
    this.usage = details.usage;
  }
}
