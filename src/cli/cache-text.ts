import {noModelsConfiguration} from '../domain/models-configuration.ts';
import type {ResultRow} from '../report/results-schema.ts';
import {formatUsd} from '../util/format-usd.ts';

/** `cache 71 % of 84,210 input tokens came from the provider's cache, which saved about 0.1912 USD`; empty where nothing did. */
export async function cacheText(rows: readonly ResultRow[]): Promise<string> {
  const used = rows.flatMap(({usage, model}) => (usage === undefined ? [] : [{usage, model}]));
  const total = used.reduce((sum, {usage}) => sum + usage.input_tokens, 0);
  const cached = used.reduce((sum, {usage}) => sum + usage.cache_read_tokens, 0);
  if (cached === 0) return '';
  const share = Math.round((100 * cached) / total);
  const saved = await savedUsd(used);
  const money = saved === undefined ? '' : `, which saved about ${formatUsd(saved)} USD by the price list`;
  return `cache ${share} % of ${total.toLocaleString('en')} input tokens came from the provider's cache${money}\n`;
}

/** What the same tokens would have cost more without a cache; undefined when a price is not known. */
async function savedUsd(
  used: readonly {usage: NonNullable<ResultRow['usage']>; model: ResultRow['model']}[],
): Promise<number | undefined> {
  const {priceOf} = await import('../models/prices.ts');
  let saved = 0;
  for (const {usage, model} of used) {
    if (usage.cache_read_tokens + usage.cache_write_tokens === 0) continue;
    const price = await priceOf(model ?? '', noModelsConfiguration);
    if (price === undefined) return undefined;
    const tokens = {inputTokens: usage.input_tokens, outputTokens: usage.output_tokens};
    const without = price.usd({...tokens, cacheReadTokens: 0, cacheWriteTokens: 0});
    const cacheReadTokens = usage.cache_read_tokens;
    saved += without - price.usd({...tokens, cacheReadTokens, cacheWriteTokens: usage.cache_write_tokens});
  }
  return Math.max(0, saved);
}
