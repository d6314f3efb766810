import {describe, expect, it} from 'vitest';
import {createLimiter} from '../../src/dispatch/limits.ts';
import type {ModelReply} from '../../src/domain/model.ts';
import {callWithRetry} from '../../src/models/call-with-retry.ts';
import {ModelCallError} from '../../src/models/model-call-error.ts';
import {FakeClock} from '../../src/testing/fake-clock.ts';

const whole: ModelReply = {
  text: '# ok',
  finishReason: 'stop',
  usage: {inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, requests: 1},
};

describe('a night of bad weather', () => {
  it('of a provider that bears 6 calls at once, asked by 50 workers: no job fails, few calls are in vain', async () => {
    const clock = new FakeClock();
    const limiter = createLimiter({maxInFlight: 50, clock});
    let atOnce = 0;
    let calls = 0;
    let refused = 0;
    let notBefore = 0;
    let early = 0;
    const outcome = await runJobs(clock, limiter, 400, async () => {
      calls += 1;
      if (clock.now() < notBefore) early += 1;
      atOnce += 1;
      const tooMany = atOnce > 6;
      await clock.sleep(tooMany ? 10 : 1000);
      atOnce -= 1;
      if (!tooMany) return whole;
      refused += 1;
      notBefore = Math.max(notBefore, clock.now() + 1000);
      throw new ModelCallError('rate-limited', 'no', {retryAfterMs: 1000});
    });
    expect(outcome).toEqual({done: 400, failed: 0});
    expect(early).toBe(0);
    expect(refused).toBeGreaterThan(0);
    expect(calls).toBeLessThanOrEqual(400 * 1.2 + 50);
  });

  it('of a provider that refuses 30 of 100 calls at random: no job fails', async () => {
    const clock = new FakeClock();
    const limiter = createLimiter({maxInFlight: 20, clock});
    let calls = 0;
    const outcome = await runJobs(clock, limiter, 500, async () => {
      calls += 1;
      const number = calls;
      await clock.sleep(500);
      if ((number * 7919) % 10 < 3) throw new ModelCallError('rate-limited', 'no', {retryAfterMs: 2000});
      return whole;
    });
    expect(outcome).toEqual({done: 500, failed: 0});
    expect(calls).toBeLessThan(500 * 1.5);
  });

  it('of a provider that is away for ten minutes: no job fails, and it is hardly called while it is away', async () => {
    const clock = new FakeClock();
    const back = clock.now() + 10 * 60_000;
    const limiter = createLimiter({maxInFlight: 20, clock});
    let inVain = 0;
    const outcome = await runJobs(clock, limiter, 100, async () => {
      await clock.sleep(100);
      if (clock.now() >= back) return whole;
      inVain += 1;
      throw new ModelCallError('unreachable', 'no');
    });
    expect(outcome).toEqual({done: 100, failed: 0});
    expect(inVain).toBeLessThan(20 + 20);
  });
});

async function runJobs(
  clock: FakeClock,
  limiter: ReturnType<typeof createLimiter>,
  count: number,
  call: () => Promise<ModelReply>,
): Promise<{done: number; failed: number}> {
  let seed = 1;
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  let done = 0;
  let failed = 0;
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await callWithRetry({
        model: {call},
        limiter,
        request: {model: 'x/y', system: '', prompt: '', maxOutputTokens: 1, timeoutMs: 1},
        clock,
        random,
        signal: new AbortController().signal,
      }).then(
        () => (done += 1),
        () => (failed += 1),
      );
    }
  };
  const workers = Array.from({length: 50}, worker);
  while (await clock.advanceToNext());
  await Promise.all(workers);
  return {done, failed};
}
