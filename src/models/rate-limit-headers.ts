import type {RateLimit} from '../domain/model.ts';

type Headers = Readonly<Record<string, string>>;

/** How long to wait, from `retry-after-ms` or `retry-after` (seconds or an HTTP date). Undefined when absent or senseless. */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const milliseconds = readNumber(headers['retry-after-ms']);
  if (milliseconds !== undefined) return milliseconds;
  const text = headers['retry-after']?.trim();
  if (text === undefined || text === '') return undefined;
  const seconds = readNumber(text);
  if (seconds !== undefined) return seconds * 1000;
  const date = /^[A-Z][a-z]{2,8}[, ]/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** From `anthropic-ratelimit-*` or `x-ratelimit-*`. Undefined when neither is there. */
export function readRateLimit(headers: Headers, now: number): RateLimit | undefined {
  for (const prefix of ['anthropic-ratelimit', 'x-ratelimit']) {
    const read = (thing: string, what: string): string | undefined =>
      // Anthropic writes requests-remaining, OpenAI remaining-requests.
      headers[`${prefix}-${thing}-${what}`] ?? headers[`${prefix}-${what}-${thing}`];
    const limit: RateLimit = {
      ...optional('requestsRemaining', readNumber(read('requests', 'remaining'))),
      ...optional('requestsResetMs', readReset(read('requests', 'reset'), now)),
      ...optional('tokensRemaining', readNumber(read('tokens', 'remaining'))),
      ...optional('tokensResetMs', readReset(read('tokens', 'reset'), now)),
    };
    if (Object.keys(limit).length > 0) return limit;
  }
  return undefined;
}

/** `17s`, `6m0s`, `1h2m3.5s`, `20ms` in milliseconds. */
export function readDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(number) * unitMs[unit as keyof typeof unitMs];
  }
  return total;
}

const unitMs = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000};

/** A duration, an ISO time, a Unix time, or seconds from now. */
function readReset(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const duration = readDuration(text);
  if (duration !== undefined) return duration;
  const number = readNumber(text);
  if (number !== undefined) return number > 1e9 ? Math.max(0, number * 1000 - now) : number * 1000;
  const date = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function readNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}(?:\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}

function optional<K extends string>(key: K, value: number | undefined): {readonly [P in K]?: number} {
  return value === undefined ? {} : ({[key]: value} as {readonly [P in K]?: number});
}
