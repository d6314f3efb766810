import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {CallEnd, Permit} from '../models/limiter.ts';
import {ModelCallError} from '../models/model-call-error.ts';
import {FakeClock} from '../testing/fake-clock.ts';
import {createLimiter} from './limits.ts';

const never = new AbortController().signal;
const answered: CallEnd = {kind: 'answered'};

describe('createLimiter', () => {
  it('starts calls in the order they were asked for, never more than the limit', async () => {
    const limiter = createLimiter({maxInFlight: 2, clock: new FakeClock()});
    const started: number[] = [];
    const permits: Permit[] = [];
    for (const name of [0, 1, 2, 3]) {
      void limiter.acquire(never).then(permit => {
        started.push(name);
        permits.push(permit);
      });
    }
    await turn();
    expect(started).toEqual([0, 1]);
    permits[1]!.release(answered);
    await turn();
    expect(started).toEqual([0, 1, 2]);
    permits[1]!.release(answered); // a second release counts for nothing
    await turn();
    expect(started).toEqual([0, 1, 2]);
    expect(limiter.state).toMatchObject({inFlight: 2, waiting: 1});
  });

  it('halves once for all calls that were under way when it was told to slow down, then climbs back', async () => {
    const limiter = createLimiter({maxInFlight: 16, clock: new FakeClock()});
    const flying = await Promise.all(Array.from({length: 16}, () => limiter.acquire(never)));
    for (const permit of flying) permit.release({kind: 'throttled'});
    expect(limiter.state.limit).toBe(8);
    let answers = 0;
    while (limiter.state.limit < 16) {
      (await limiter.acquire(never)).release(answered);
      answers += 1;
    }
    expect(answers).toBe(8 + 9 + 10 + 11 + 12 + 13 + 14 + 15);
  });

  it('lets nobody start before the time the provider asked to wait for', async () => {
    const clock = new FakeClock();
    const limiter = createLimiter({maxInFlight: 4, clock});
    (await limiter.acquire(never)).release({kind: 'throttled', retryAfterMs: 5000});
    let startedAt: number | undefined;
    const from = clock.now();
    void limiter.acquire(never).then(() => {
      startedAt = clock.now();
    });
    await clock.advance(4999);
    expect(startedAt).toBeUndefined();
    expect(limiter.state.pausedUntil).toBe(from + 5000);
    await clock.advance(1);
    expect(startedAt).toBe(from + 5000);
  });

  it('waits for the reset when the provider says that nothing is left', async () => {
    const clock = new FakeClock();
    const limiter = createLimiter({maxInFlight: 4, clock});
    (await limiter.acquire(never)).release({kind: 'answered', rateLimit: {tokensRemaining: 0, tokensResetMs: 700}});
    expect(limiter.state.pausedUntil).toBe(clock.now() + 700);
    (await acquireAfter(limiter.acquire(never), clock)).release({
      kind: 'answered',
      rateLimit: {requestsRemaining: 3, requestsResetMs: 9e9},
    });
    expect(limiter.state.pausedUntil).toBeUndefined();
  });

  it('waits as long as the provider asks, not until its limits are wholly refilled', async () => {
    const clock = new FakeClock();
    const limiter = createLimiter({maxInFlight: 4, clock});
    (await limiter.acquire(never)).release({
      kind: 'throttled',
      retryAfterMs: 1000,
      rateLimit: {requestsRemaining: 0, requestsResetMs: 1000, tokensRemaining: 0, tokensResetMs: 360_000},
    });
    expect(limiter.state.pausedUntil).toBe(clock.now() + 1000);
    (await acquireAfter(limiter.acquire(never), clock)).release({
      kind: 'throttled',
      rateLimit: {tokensRemaining: 0, tokensResetMs: 700},
    });
    expect(limiter.state.pausedUntil).toBe(clock.now() + 700);
  });

  it('sends one probe at a time to a provider that is down, further and further apart, and is back with the first answer', async () => {
    const clock = new FakeClock();
    const limiter = createLimiter({maxInFlight: 10, clock, downAfter: 3, coolDownMs: 1000});
    const flying = await Promise.all(Array.from({length: 10}, () => limiter.acquire(never)));
    for (const permit of flying) permit.release({kind: 'down'});
    expect(limiter.state.downSince).toBe(clock.now());
    const started: {at: number; permit: Permit}[] = [];
    const from = clock.now();
    for (let i = 0; i < 5; i++)
      void limiter.acquire(never).then(permit => started.push({at: clock.now() - from, permit}));
    await clock.advance(999);
    expect(started).toEqual([]);
    await clock.advance(1);
    expect(started.map(({at}) => at)).toEqual([1000]);
    started[0]!.permit.release({kind: 'down'});
    await clock.advance(10_000);
    expect(started.map(({at}) => at)).toEqual([1000, 3000]);
    started[1]!.permit.release(answered);
    await turn();
    expect(started).toHaveLength(5);
    expect(limiter.state.downSince).toBeUndefined();
  });

  it('stops waiting for a provider that stays down', async () => {
    const clock = new FakeClock();
    const limiter = createLimiter({maxInFlight: 1, clock, downAfter: 1, coolDownMs: 60_000, giveUpAfterMs: 50_000});
    (await limiter.acquire(never)).release({kind: 'down'});
    const probe = limiter.acquire(never);
    const waiting = limiter.acquire(never).catch(error => error);
    await clock.advance(60_000);
    (await probe).release({kind: 'down'});
    expect(await waiting).toBeInstanceOf(ModelCallError);
    expect(await limiter.acquire(never).catch(error => error)).toMatchObject({kind: 'unreachable'});
  });

  it('lets nobody wait for a provider that is down who can ask another, but for the probe', async () => {
    const clock = new FakeClock();
    const limiter = createLimiter({maxInFlight: 1, clock, downAfter: 1, coolDownMs: 1000});
    const flying = await limiter.acquire(never);
    const queued = limiter.acquire(never, {hasFallback: true}).catch(error => error);
    flying.release({kind: 'down'});
    expect(await queued).toMatchObject({kind: 'unreachable', message: 'the provider is down'});
    expect(await limiter.acquire(never, {hasFallback: true}).catch(error => error)).toBeInstanceOf(ModelCallError);
    const patient = limiter.acquire(never);
    await clock.advance(1000);
    (await patient).release(answered);
    (await limiter.acquire(never, {hasFallback: true})).release(answered);
    expect(limiter.state).toMatchObject({inFlight: 0, waiting: 0});
  });

  it('forgets who gives up waiting', async () => {
    const clock = new FakeClock();
    const limiter = createLimiter({maxInFlight: 1, clock});
    const first = await limiter.acquire(never);
    const stop = new AbortController();
    const waiting = limiter.acquire(stop.signal).catch(error => error);
    const third = limiter.acquire(never);
    stop.abort('enough');
    expect(await waiting).toBe('enough');
    first.release({kind: 'throttled', retryAfterMs: 100});
    await clock.advance(100);
    (await third).release(answered);
    expect(limiter.state).toEqual({limit: 1, inFlight: 0, waiting: 0});
    expect(clock.sleepers).toBe(0);
  });

  it('whatever happens: never above the limit, no call before its time, everybody gets a turn, and the limit comes back', async () => {
    const end: fc.Arbitrary<CallEnd> = fc.oneof(
      {weight: 4, arbitrary: fc.constant(answered)},
      {weight: 2, arbitrary: fc.record({kind: fc.constant('throttled' as const), retryAfterMs: fc.nat(5000)})},
      {weight: 1, arbitrary: fc.constant<CallEnd>({kind: 'throttled'})},
      {weight: 1, arbitrary: fc.constant<CallEnd>({kind: 'down'})},
      {weight: 1, arbitrary: fc.constant<CallEnd>({kind: 'unknown'})},
    );
    const call = fc.record({startsAt: fc.nat(3000), takes: fc.nat(500), givesUpAfter: fc.option(fc.nat(2000)), end});
    await fc.assert(
      fc.asyncProperty(fc.integer({min: 1, max: 8}), fc.array(call, {maxLength: 30}), async (maxInFlight, calls) => {
        const clock = new FakeClock();
        const limiter = createLimiter({maxInFlight, clock, downAfter: 2, coolDownMs: 1000, giveUpAfterMs: 1e9});
        let notBefore = 0;
        let inFlight = 0;
        let ended = 0;
        for (const {startsAt, takes, givesUpAfter, end} of calls) {
          const stop = new AbortController();
          if (givesUpAfter !== null) void clock.sleep(startsAt + givesUpAfter).then(() => stop.abort());
          void clock
            .sleep(startsAt)
            .then(() => limiter.acquire(stop.signal))
            .then(async permit => {
              inFlight += 1;
              expect(clock.now()).toBeGreaterThanOrEqual(notBefore);
              expect(inFlight).toBeLessThanOrEqual(maxInFlight);
              // Calls under way may outnumber a limit that was just lowered, but none starts above it.
              expect(inFlight).toBeLessThanOrEqual(limiter.state.limit);
              await clock.sleep(takes);
              inFlight -= 1;
              if (end.kind === 'throttled') notBefore = Math.max(notBefore, clock.now() + (end.retryAfterMs ?? 0));
              permit.release(end);
            })
            .catch(error => {
              if (error?.name !== 'AbortError') failures.push(error);
            })
            .finally(() => {
              ended += 1;
            });
        }
        const failures: unknown[] = [];
        while (await clock.advanceToNext());
        expect(failures).toEqual([]);
        expect(ended).toBe(calls.length);
        expect(limiter.state).toMatchObject({inFlight: 0, waiting: 0});
        for (let i = 0; i < maxInFlight * maxInFlight; i++) {
          (await acquireAfter(limiter.acquire(never), clock)).release(answered);
        }
        expect(limiter.state.limit).toBe(maxInFlight);
      }),
      {numRuns: 150},
    );
  });
});

async function acquireAfter(acquired: Promise<Permit>, clock: FakeClock): Promise<Permit> {
  while (await clock.advanceToNext());
  return await acquired;
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
