import {expect, it} from 'vitest';
import type {ResultRow} from '../report/results-schema.ts';
import {cacheText} from './cache-text.ts';

const row = (model: string, input: number, read: number): ResultRow =>
  ({
    model,
    usage: {input_tokens: input, output_tokens: 100, cache_read_tokens: read, cache_write_tokens: 0, requests: 3},
  }) as ResultRow;

it('says how much came from the cache and what that saved', async () => {
  expect(await cacheText([row('anthropic/claude-sonnet-4-5', 100_000, 80_000), row('offline', 0, 0)])).toBe(
    "cache 80 % of 100,000 input tokens came from the provider's cache, which saved about 0.2160 USD by the price list\n",
  );
  expect(await cacheText([row('own/model', 1000, 500)])).toBe(
    "cache 50 % of 1,000 input tokens came from the provider's cache\n",
  );
  expect(await cacheText([row('own/model', 1000, 0)])).toBe('');
});
