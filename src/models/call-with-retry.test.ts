import {describe, expect, it} from 'vitest';
import type {ModelReply} from '../domain/model.ts';
import {JobFailure} from '../domain/outcome.ts';
import {FakeClock} from '../testing/fake-clock.ts';
import {callWithRetry, type RetryEvent} from './call-with-retry.ts';
import type {CallEnd} from './limiter.ts';
import {ModelCallError, type ModelCallErrorKind} from './model-call-error.ts';

const whole: ModelReply = {
  text: '# ok',
  finishReason: 'stop',
  usage: {inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, requests: 1},
};

describe('callWithRetry', () => {
  it('gives the reply, without what was only for the limiter', async () => {
    const rig = start([{...whole, rateLimit: {requestsRemaining: 1}}]);
    expect(await rig.result()).toEqual(whole);
    expect(rig.ends).toEqual([{kind: 'answered', rateLimit: {requestsRemaining: 1}}]);
  });

  it.each<[ModelCallErrorKind, string]>([
    ['auth', 'provider-auth'],
    ['forbidden', 'provider-forbidden'],
    ['not-found', 'provider-not-found'],
    ['bad-request', 'provider-bad-request'],
    ['quota', 'provider-quota'],
    ['redirected', 'provider-redirected'],
  ])('does not try again after %s', async (kind, reason) => {
    const rig = start([new ModelCallError(kind, 'no')]);
    expect(await rig.failure()).toMatchObject({failure: {reason, message: 'no'}, cause: {kind}});
    expect(rig.calls).toEqual([0]);
  });

  it.each<[ModelCallErrorKind, string]>([
    ['server-error', 'provider-error'],
    ['unreachable', 'provider-unreachable'],
    ['timeout', 'provider-timeout'],
    ['cut', 'reply-cut'],
    ['malformed', 'reply-malformed'],
  ])('gives up after six times %s, waiting longer each time', async (kind, reason) => {
    const rig = start(Array.from({length: 9}, () => new ModelCallError(kind, 'no')));
    expect((await rig.failure()).failure).toEqual({reason, message: 'no, after 6 calls'});
    // The random part is a half: of 1 s, 2 s, 4 s, 8 s and 16 s.
    expect(rig.calls).toEqual([0, 500, 1500, 3500, 7500, 15_500]);
  });

  it('waits as long as it is asked to, after faults as well', async () => {
    const rig = start([
      new ModelCallError('rate-limited', 'no', {retryAfterMs: 30_000}),
      new ModelCallError('server-error', 'no', {retryAfterMs: 2000}),
      whole,
    ]);
    expect(await rig.result()).toEqual(whole);
    expect(rig.calls).toEqual([0, 30_000, 32_000]);
    expect(rig.ends.map(end => end.kind)).toEqual(['throttled', 'down', 'answered']);
    expect(rig.retries.map(({calls, waitMs}) => [calls, waitMs])).toEqual([
      [1, 30_000],
      [2, 2000],
    ]);
  });

  it('outlasts many times "too many requests"', async () => {
    const rig = start([
      ...Array.from({length: 40}, () => new ModelCallError('overloaded', 'no', {retryAfterMs: 5000})),
      whole,
    ]);
    expect(await rig.result()).toEqual(whole);
  });

  it('gives up a provider that says "too many requests" for a quarter of an hour, or asks for more at once', async () => {
    const rig = start(Array.from({length: 99}, () => new ModelCallError('rate-limited', 'no')));
    expect((await rig.failure()).failure.reason).toBe('rate-limited');
    expect(rig.calls.at(-1)).toBeGreaterThan(15 * 60_000);
    const other = start([new ModelCallError('overloaded', 'no', {retryAfterMs: 3_600_000})]);
    expect((await other.failure()).failure.reason).toBe('provider-overloaded');
  });

  it('makes as many calls as it may, fewer or more than without a limit', async () => {
    const throttled = start(
      Array.from({length: 99}, () => new ModelCallError('rate-limited', 'no')),
      {maxCalls: 2},
    );
    expect((await throttled.failure()).failure).toMatchObject({reason: 'rate-limited', message: 'no, after 2 calls'});
    expect(throttled.calls).toHaveLength(2);
    const broken = start(
      Array.from({length: 99}, () => new ModelCallError('server-error', 'no')),
      {maxCalls: 9},
    );
    expect((await broken.failure()).failure.reason).toBe('provider-error');
    expect(broken.calls).toHaveLength(9);
  });

  it('does not wait beyond the deadline', async () => {
    const rig = start([new ModelCallError('rate-limited', 'no', {retryAfterMs: 10_000})], {deadlineMs: 9000});
    expect((await rig.failure()).failure.reason).toBe('rate-limited');
    expect(rig.calls).toEqual([0]);
  });

  it('stops with the reason of the signal, also while it waits', async () => {
    const rig = start([new ModelCallError('rate-limited', 'no', {retryAfterMs: 10_000})]);
    await rig.clock.advance(5000);
    rig.stop.abort('stopped');
    expect(await rig.ended).toBe('stopped');
    expect(rig.calls).toEqual([0]);
  });

  it('lets errors of our own fly, and gives its permit back', async () => {
    const rig = start([new TypeError('a bug')]);
    expect(await rig.result()).toBeInstanceOf(TypeError);
    expect(rig.ends).toEqual([{kind: 'unknown'}]);
  });
});

function start(
  script: readonly (ModelReply | Error)[],
  {deadlineMs, maxCalls}: {deadlineMs?: number; maxCalls?: number} = {},
) {
  const clock = new FakeClock();
  const from = clock.now();
  const stop = new AbortController();
  const calls: number[] = [];
  const ends: CallEnd[] = [];
  const retries: RetryEvent[] = [];
  const lines = [...script];
  const ended: Promise<unknown> = callWithRetry({
    model: {
      call: async () => {
        calls.push(clock.now() - from);
        const line = lines.shift();
        if (line === undefined) throw new Error('a call nobody scripted');
        if (line instanceof Error) throw line;
        return line;
      },
    },
    limiter: {acquire: async () => ({release: end => void ends.push(end)})},
    request: {model: 'x/y', system: '', prompt: '', maxOutputTokens: 1, timeoutMs: 1},
    clock,
    random: () => 0.5,
    signal: stop.signal,
    onRetry: event => retries.push(event),
    ...(deadlineMs === undefined ? {} : {deadline: from + deadlineMs}),
    ...(maxCalls === undefined ? {} : {maxCalls}),
  }).catch(error => error);
  const result = async (): Promise<unknown> => {
    while (await clock.advanceToNext());
    return await ended;
  };
  const failure = async (): Promise<JobFailure> => {
    const error = await result();
    if (error instanceof JobFailure) return error;
    throw new Error(`no failure: ${String(error)}`);
  };
  return {clock, stop, calls, ends, retries, ended, result, failure};
}
