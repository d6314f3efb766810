import type {ModelReply, ModelRequest} from '../domain/model.ts';
import {type FailureReason, JobFailure} from '../domain/outcome.ts';
import type {Clock} from '../util/clock.ts';
import type {CallEnd, Limiter} from './limiter.ts';
import type {Model} from './model.ts';
import {ModelCallError, type ModelCallErrorKind} from './model-call-error.ts';

export interface RetryEvent {
  /** Calls made so far. */
  readonly calls: number;
  readonly error: ModelCallError;
  /** The next call starts no earlier than this; the limiter may let it wait for longer. */
  readonly waitMs: number;
}

interface RetryOptions {
  readonly model: Model;
  readonly request: ModelRequest;
  readonly limiter: Limiter;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onRetry?: (event: RetryEvent) => void;
  /** Calls in all; default: as many as the two limits below allow. */
  readonly maxCalls?: number;
  /** Calls that may end in a fault of server or network; default 6. Being told to wait is not such a fault. */
  readonly maxFaults?: number;
  /** A provider that says "too many requests" for longer than this, and at least ten times, is given up; default 15 minutes. */
  readonly maxThrottledMs?: number;
  /** Another model can be asked when this one's provider is down, so that nobody waits for it. */
  readonly hasFallback?: boolean;
  /** No wait goes beyond this moment, in milliseconds since 1970. */
  readonly deadline?: number;
}

/**
 * Calls until there is a reply, for as long as another call can help. Each call is one `model.call`, admitted by the limiter.
 * Throws `JobFailure` with a `ModelCallError` as its cause, or the signal's reason when it was aborted.
 */
export async function callWithRetry(options: RetryOptions): Promise<ModelReply> {
  const {clock, random, signal, maxThrottledMs = 15 * 60_000} = options;
  const {maxCalls = Number.POSITIVE_INFINITY, maxFaults = options.maxCalls ?? 6} = options;
  let calls = 0;
  let faults = 0;
  let throttles = 0;
  let throttledSince: number | undefined;

  for (;;) {
    const result = await callOnce(options);
    if (!(result instanceof ModelCallError)) return result;
    calls += 1;
    const error = result;
    if (calls >= maxCalls) throw failureOf(error, calls);

    let waitMs: number;
    switch (retryOf[error.kind]) {
      case 'never':
        throw failureOf(error, calls);
      case 'fault':
        faults += 1;
        if (faults >= maxFaults) throw failureOf(error, calls);
        waitMs = Math.max(error.retryAfterMs ?? 0, backoffMs(faults, random));
        break;
      case 'throttle': {
        throttles += 1;
        throttledSince ??= clock.now();
        const tired = throttles >= 10 && clock.now() - throttledSince > maxThrottledMs;
        if (tired || (error.retryAfterMs ?? 0) > maxThrottledMs) throw failureOf(error, calls);
        waitMs = error.retryAfterMs ?? backoffMs(throttles, random);
        break;
      }
    }
    if (options.deadline !== undefined && clock.now() + waitMs > options.deadline) throw failureOf(error, calls);
    options.onRetry?.({calls, error, waitMs});
    await clock.sleep(waitMs, signal);
  }
}

const retryOf = {
  'rate-limited': 'throttle',
  overloaded: 'throttle',
  'server-error': 'fault',
  unreachable: 'fault',
  timeout: 'fault',
  cut: 'fault',
  malformed: 'fault',
  auth: 'never',
  forbidden: 'never',
  'not-found': 'never',
  'bad-request': 'never',
  quota: 'never',
  redirected: 'never',
  aborted: 'never',
} as const satisfies Record<ModelCallErrorKind, 'throttle' | 'fault' | 'never'>;

const failureReason = {
  'rate-limited': 'rate-limited',
  overloaded: 'provider-overloaded',
  'server-error': 'provider-error',
  unreachable: 'provider-unreachable',
  timeout: 'provider-timeout',
  cut: 'reply-cut',
  malformed: 'reply-malformed',
  auth: 'provider-auth',
  forbidden: 'provider-forbidden',
  'not-found': 'provider-not-found',
  'bad-request': 'provider-bad-request',
  quota: 'provider-quota',
  redirected: 'provider-redirected',
  aborted: 'provider-unreachable',
} as const satisfies Record<ModelCallErrorKind, FailureReason>;

async function callOnce({
  model,
  request,
  limiter,
  signal,
  hasFallback = false,
}: RetryOptions): Promise<ModelReply | ModelCallError> {
  const permit = await limiter
    .acquire(signal, {hasFallback, tokens: mostTokens(request), timeoutMs: request.timeoutMs})
    .catch(error => {
      // The limiter gave the provider up.
      throw error instanceof ModelCallError ? failureOf(error, 0) : error;
    });
  let end: CallEnd = {kind: 'unknown'};
  try {
    const {rateLimit, ...reply} = await model.call(request, signal);
    end = {kind: 'answered', ...(rateLimit === undefined ? {} : {rateLimit})};
    return reply;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ModelCallError)) throw error;
    end = endOf(error);
    return error;
  } finally {
    permit.release(end);
  }
}

/** Text has hardly ever more than one token in three characters. */
function mostTokens({system, prompt, messages, maxOutputTokens}: ModelRequest): number {
  const said = messages === undefined ? 0 : JSON.stringify(messages).length;
  return Math.ceil((system.length + prompt.length + said) / 3) + maxOutputTokens;
}

function endOf({kind, retryAfterMs, rateLimit}: ModelCallError): CallEnd {
  const wait = retryAfterMs === undefined ? {} : {retryAfterMs};
  const left = rateLimit === undefined ? {} : {rateLimit};
  switch (kind) {
    case 'rate-limited':
    case 'overloaded':
      return {kind: 'throttled', ...wait, ...left};
    case 'server-error':
    case 'unreachable':
      return {kind: 'down', ...wait};
    // A slow, cut or odd answer can be that of one request; it is no proof that the provider is down or well.
    case 'timeout':
    case 'cut':
    case 'malformed':
    case 'aborted':
      return {kind: 'unknown'};
    case 'auth':
    case 'forbidden':
    case 'not-found':
    case 'bad-request':
    case 'quota':
    case 'redirected':
      return {kind: 'answered', ...left};
    default:
      return kind satisfies never;
  }
}

/** The failure of a job whose calls ended so. */
export function failureOf(error: ModelCallError, calls: number): JobFailure {
  const times = calls > 1 ? `, after ${calls} calls` : '';
  return new JobFailure(failureReason[error.kind], `${error.message}${times}`, {cause: error});
}

/** Exponential with full jitter: 1 s, 2 s, 4 s … 60 s at most, each times a random part. */
function backoffMs(failures: number, random: () => number): number {
  return Math.round(Math.min(60_000, 1000 * 2 ** (failures - 1)) * random());
}
