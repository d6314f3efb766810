import {describe, expect, it} from 'vitest';
import {readDuration, readRateLimit, readRetryAfter} from './rate-limit-headers.ts';

const now = Date.parse('2026-01-02T03:04:05Z');

describe('readRetryAfter', () => {
  it.each([
    [{'retry-after': '7'}, 7000],
    [{'retry-after': '0'}, 0],
    [{'retry-after': '1.5'}, 1500],
    [{'retry-after': 'Fri, 02 Jan 2026 03:04:15 GMT'}, 10_000],
    [{'retry-after': 'Fri, 02 Jan 2026 03:04:00 GMT'}, 0],
    [{'retry-after-ms': '250', 'retry-after': '9'}, 250],
    [{'retry-after': '-5'}, undefined],
    [{'retry-after': 'soon'}, undefined],
    [{'retry-after': ''}, undefined],
    [{}, undefined],
  ])('%j is %s ms', (headers, expected) =>
    expect(readRetryAfter(headers as Record<string, string>, now)).toBe(expected),
  );
});

describe('readRateLimit', () => {
  it('reads what Anthropic sends', () => {
    expect(
      readRateLimit(
        {
          'anthropic-ratelimit-requests-limit': '50',
          'anthropic-ratelimit-requests-remaining': '0',
          'anthropic-ratelimit-requests-reset': '2026-01-02T03:04:35Z',
          'anthropic-ratelimit-tokens-remaining': '12000',
        },
        now,
      ),
    ).toEqual({requestsRemaining: 0, requestsResetMs: 30_000, tokensRemaining: 12_000});
  });

  it('reads what OpenAI sends, and Unix times of those who imitate it', () => {
    expect(readRateLimit({'x-ratelimit-remaining-requests': '3', 'x-ratelimit-reset-requests': '6m0s'}, now)).toEqual({
      requestsRemaining: 3,
      requestsResetMs: 360_000,
    });
    expect(readRateLimit({'x-ratelimit-reset-tokens': String(now / 1000 + 5)}, now)).toEqual({tokensResetMs: 5000});
  });

  it('is nothing without such headers, or with senseless ones', () => {
    expect(readRateLimit({}, now)).toBeUndefined();
    expect(
      readRateLimit({'x-ratelimit-remaining-requests': 'many', 'x-ratelimit-reset-tokens': 'later'}, now),
    ).toBeUndefined();
  });
});

it('readDuration understands the units of the vendors', () => {
  expect(['20ms', '17s', '1h2m3.5s', '1d', '5', 's', '1s2'].map(readDuration)).toEqual([
    20,
    17_000,
    3_723_500,
    86_400_000,
    undefined,
    undefined,
    undefined,
  ]);
});
