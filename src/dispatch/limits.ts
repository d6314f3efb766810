import type {RateLimit} from '../domain/model.ts';
import type {AcquireOptions, CallEnd, Limiter, Permit} from '../models/limiter.ts';
import {ModelCallError} from '../models/model-call-error.ts';
import type {Clock} from '../util/clock.ts';

/** What a live view shows of a provider. */
export interface LimiterState {
  /** Calls that may be in flight at present. */
  readonly limit: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** No call starts before this moment, in milliseconds since 1970. */
  readonly pausedUntil?: number;
  /** Since when the provider is down. */
  readonly downSince?: number;
}

export interface ObservableLimiter extends Limiter {
  readonly state: LimiterState;
  /** Changes how many calls may be in flight at most; those in flight go on. */
  setMaxInFlight(maxInFlight: number): void;
}

interface LimiterOptions {
  readonly maxInFlight: number;
  readonly clock: Clock;
  readonly onChange?: (state: LimiterState) => void;
  /** So many calls in a row that found the provider down stop further ones; default 5. */
  readonly downAfter?: number;
  /** Wait before one call may probe a provider that is down, doubled after each that fails, up to five minutes; default 10 s. */
  readonly coolDownMs?: number;
  /** A provider that is down for longer than this is no longer waited for: only probes go through; default 30 minutes. */
  readonly giveUpAfterMs?: number;
}

/**
 * Additive increase, multiplicative decrease. Told to slow down, it halves the calls in flight (once for all calls that were under way
 * at that moment) and lets everybody wait as long as the provider asked; each full round of answers then adds one, up to the maximum.
 */
export function createLimiter(options: LimiterOptions): ObservableLimiter {
  return new AdaptiveLimiter(options);
}

interface Waiter {
  readonly grant: (permit: Permit) => void;
  readonly refuse: (reason: unknown) => void;
  readonly hasFallback: boolean;
}

const longestPauseMs = 60 * 60_000;
const longestResetMs = 5 * 60_000;
const longestCoolDownMs = 5 * 60_000;

class AdaptiveLimiter implements ObservableLimiter {
  readonly #clock: Clock;
  readonly #onChange: ((state: LimiterState) => void) | undefined;
  readonly #downAfter: number;
  readonly #firstCoolDownMs: number;
  readonly #giveUpAfterMs: number;
  readonly #waiters = new Set<Waiter>();
  #maxInFlight: number;
  #limit: number;
  #inFlight = 0;
  /** What the provider asked for. */
  #pausedUntil = 0;
  /** No probe of a provider that is down before this. */
  #coolUntil = 0;
  #answersThisRound = 0;
  /** Counts decreases; a call that started before the latest one cannot cause another. */
  #decreases = 0;
  #downInARow = 0;
  #downSince: number | undefined;
  #coolDownMs: number;
  #probing = false;
  #wake: {readonly at: number; readonly cancel: AbortController} | undefined;

  constructor(options: LimiterOptions) {
    this.#clock = options.clock;
    this.#onChange = options.onChange;
    this.#downAfter = options.downAfter ?? 5;
    this.#firstCoolDownMs = options.coolDownMs ?? 10_000;
    this.#giveUpAfterMs = options.giveUpAfterMs ?? 30 * 60_000;
    this.#coolDownMs = this.#firstCoolDownMs;
    this.#maxInFlight = Math.max(1, options.maxInFlight);
    this.#limit = this.#maxInFlight;
  }

  get state(): LimiterState {
    return {
      limit: this.#limit,
      inFlight: this.#inFlight,
      waiting: this.#waiters.size,
      ...(this.#blockedUntil > this.#clock.now() ? {pausedUntil: this.#blockedUntil} : {}),
      ...(this.#downSince === undefined ? {} : {downSince: this.#downSince}),
    };
  }

  get #blockedUntil(): number {
    return this.#downSince === undefined ? this.#pausedUntil : Math.max(this.#pausedUntil, this.#coolUntil);
  }

  setMaxInFlight(maxInFlight: number): void {
    const raised = maxInFlight > this.#maxInFlight && this.#limit === this.#maxInFlight;
    this.#maxInFlight = Math.max(1, maxInFlight);
    this.#limit = raised ? this.#maxInFlight : Math.min(this.#limit, this.#maxInFlight);
    this.#advance();
  }

  async acquire(signal: AbortSignal, {hasFallback = false}: AcquireOptions = {}): Promise<Permit> {
    signal.throwIfAborted();
    const {promise, resolve, reject} = Promise.withResolvers<Permit>();
    const waiter: Waiter = {grant: resolve, refuse: reject, hasFallback};
    const onAbort = (): void => {
      this.#waiters.delete(waiter);
      reject(signal.reason);
      this.#advance();
    };
    signal.addEventListener('abort', onAbort, {once: true});
    this.#waiters.add(waiter);
    this.#advance();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Starts whatever may start now, and arranges to be called again when a pause ends. */
  #advance(): void {
    const now = this.#clock.now();
    for (const waiter of this.#waiters) {
      if (now < this.#blockedUntil || this.#inFlight >= this.#limit) break;
      if (this.#downSince !== undefined && this.#probing) break;
      this.#waiters.delete(waiter);
      waiter.grant(this.#permit());
    }
    if (this.#downSince !== undefined) {
      const givesUp = now - this.#downSince > this.#giveUpAfterMs;
      this.#refuseWaiters(now - this.#downSince, waiter => givesUp || waiter.hasFallback);
    }
    this.#arrangeWake(now);
    this.#onChange?.(this.state);
  }

  #permit(): Permit {
    const decreases = this.#decreases;
    const probe = this.#downSince !== undefined;
    if (probe) this.#probing = true;
    this.#inFlight += 1;
    let released = false;
    return {
      release: end => {
        if (released) return;
        released = true;
        this.#inFlight -= 1;
        if (probe) this.#probing = false;
        this.#learn(end, decreases === this.#decreases);
        this.#advance();
      },
    };
  }

  #learn(end: CallEnd, startedSinceDecrease: boolean): void {
    switch (end.kind) {
      case 'answered':
        this.#comeBack();
        this.#increase();
        this.#pauseWhenUsedUp(end.rateLimit);
        break;
      case 'throttled':
        this.#comeBack();
        if (startedSinceDecrease) this.#decrease();
        // Resets tell when a limit is wholly refilled; what the provider asks to wait for is mostly much shorter.
        if (end.retryAfterMs === undefined) this.#pauseWhenUsedUp(end.rateLimit);
        else this.#pause(Math.min(end.retryAfterMs, longestPauseMs));
        break;
      case 'down':
        this.#goDown(end.retryAfterMs ?? 0);
        break;
      case 'unknown':
        break;
      default:
        end satisfies never;
    }
  }

  #increase(): void {
    this.#answersThisRound += 1;
    if (this.#answersThisRound < this.#limit) return;
    this.#answersThisRound = 0;
    this.#limit = Math.min(this.#maxInFlight, this.#limit + 1);
  }

  #decrease(): void {
    this.#decreases += 1;
    this.#answersThisRound = 0;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
  }

  #pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.now() + ms);
  }

  #pauseWhenUsedUp(left: RateLimit | undefined): void {
    if (left?.requestsRemaining === 0) this.#pause(Math.min(left.requestsResetMs ?? 0, longestResetMs));
    if (left?.tokensRemaining === 0) this.#pause(Math.min(left.tokensResetMs ?? 0, longestResetMs));
  }

  #goDown(retryAfterMs: number): void {
    this.#downInARow += 1;
    this.#pause(Math.min(retryAfterMs, longestPauseMs));
    if (this.#downInARow < this.#downAfter) return;
    const now = this.#clock.now();
    // Calls that were under way when it went down are no news.
    if (this.#downSince !== undefined && now < this.#coolUntil) return;
    this.#downSince ??= now;
    this.#coolUntil = now + this.#coolDownMs;
    this.#coolDownMs = Math.min(this.#coolDownMs * 2, longestCoolDownMs);
  }

  #comeBack(): void {
    this.#downInARow = 0;
    this.#downSince = undefined;
    this.#coolDownMs = this.#firstCoolDownMs;
  }

  #refuseWaiters(downForMs: number, isRefused: (waiter: Waiter) => boolean): void {
    for (const waiter of this.#waiters) {
      if (!isRefused(waiter)) continue;
      this.#waiters.delete(waiter);
      const since = downForMs < 60_000 ? 'is down' : `has been down for ${Math.round(downForMs / 60_000)} minutes`;
      waiter.refuse(new ModelCallError('unreachable', `the provider ${since}`));
    }
  }

  #arrangeWake(now: number): void {
    const at = this.#waiters.size > 0 && now < this.#blockedUntil ? this.#blockedUntil : undefined;
    if (this.#wake?.at === at) return;
    this.#wake?.cancel.abort();
    this.#wake = undefined;
    if (at === undefined) return;
    const wake = {at, cancel: new AbortController()};
    this.#wake = wake;
    this.#clock.sleep(at - now, wake.cancel.signal).then(
      () => {
        this.#wake = undefined;
        this.#advance();
      },
      () => {},
    );
  }
}
