import {randomUUID} from 'node:crypto';
import type {ProviderLimits} from '../domain/models-configuration.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {Limiter} from '../models/limiter.ts';
import type {Clock} from '../util/clock.ts';

export interface SharedLimiterOptions {
  readonly provider: string;
  readonly limits: ProviderLimits;
  /** What this process learns of the provider by itself. */
  readonly local: Limiter;
  readonly ledger: Pick<Ledger, 'admitCall' | 'endAdmittedCall' | 'pauseProvider'>;
  readonly clock: Clock;
}

/** A call whose process died counts as in flight for so long, when it did not say how long it may take. */
const usualCallMs = 660_000;
const longestPauseMs = 60_000;
const pollMs = 200;

/** Admits a call when the process may make it, and the limits of the provider allow it beside the calls of all processes that share the ledger. */
export function createSharedLimiter({provider, limits, local, ledger, clock}: SharedLimiterOptions): Limiter {
  // One asks at a time: whoever comes later in this process could not be admitted sooner.
  let turn: Promise<unknown> = Promise.resolve();

  const admit = async (id: string, tokens: number, longestMs: number, signal: AbortSignal): Promise<void> => {
    for (;;) {
      signal.throwIfAborted();
      const admission = await ledger.admitCall({id, provider, tokens, limits, longestMs});
      if (admission.admitted) return;
      await clock.sleep(Math.min(Math.max(admission.waitMs, pollMs * (0.75 + Math.random() / 2)), 5_000), signal);
    }
  };

  return {
    async acquire(signal, options = {}) {
      const permit = await local.acquire(signal, options);
      const id = randomUUID();
      try {
        const mine = turn.then(() => admit(id, options.tokens ?? 0, options.timeoutMs ?? usualCallMs, signal));
        turn = mine.catch(() => {});
        await mine;
      } catch (error) {
        permit.release({kind: 'unknown'});
        throw error;
      }
      return {
        release(end) {
          permit.release(end);
          const asked = end.kind === 'throttled' ? (end.retryAfterMs ?? 0) : 0;
          // What is not recorded expires; the limits hold all the same.
          void ledger.endAdmittedCall(id).catch(() => {});
          if (asked > 0) {
            const until = clock.now() + Math.min(asked, longestPauseMs);
            void ledger.pauseProvider(provider, until).catch(() => {});
          }
        },
      };
    },
  };
}
