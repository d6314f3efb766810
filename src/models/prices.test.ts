import {calcPrice, findProvider} from '@pydantic/genai-prices';
import {describe, expect, it} from 'vitest';
import {type ModelsConfiguration, noModelsConfiguration} from '../domain/models-configuration.ts';
import {costOf, type Price, priceOf, worstCaseUsd} from './prices.ts';

const usage = {
  inputTokens: 1_000_000,
  outputTokens: 1000,
  cacheReadTokens: 400_000,
  cacheWriteTokens: 100_000,
  requests: 1,
};
const configured: ModelsConfiguration = {
  providers: {},
  prices: {
    'local/llama': {input: 2, output: 10, cacheRead: 1, cacheWrite: 4},
    'free/*': {input: 0, output: 0},
    'anthropic/claude-haiku-4-5': {input: 7, output: 8},
  },
};

describe('priceOf', () => {
  it('takes the price of the operator first, also one for a whole provider', async () => {
    expect(await mustPrice('anthropic/claude-haiku-4-5', configured)).toMatchObject({
      inputPerMillion: 7,
      outputPerMillion: 8,
    });
    expect((await mustPrice('free/anything/at-all', configured)).usd(usage)).toBe(0);
    expect((await mustPrice('local/llama', configured)).usd(usage)).toBeCloseTo(0.5 * 2 + 0.4 * 1 + 0.1 * 4 + 0.01, 9);
  });

  it('knows the price list of the vendors, caches included', async () => {
    const price = await mustPrice('anthropic/claude-haiku-4-5');
    expect(price.listedAs).toBe('anthropic/claude-haiku-4-5');
    expect(price.usd(usage)).toBeCloseTo(0.5 * 1 + 0.4 * 0.1 + 0.1 * 1.25 + 0.005, 9);
  });

  it.each(['anthropic/claude-sonnet-5-5', 'openai/gpt-6-sol', 'google/gemini-3.8-flash'])(
    'knows the default model %s',
    async id => {
      expect((await mustPrice(id)).inputPerMillion).toBeGreaterThan(0);
    },
  );

  it.each(['anthropic', 'openai', 'google', 'mistral'])('is what the list says for every model of %s', async id => {
    const provider = findProvider({providerId: id})!;
    expect(provider.models.length).toBeGreaterThan(5);
    for (const {id: model} of provider.models) {
      const price = await priceOf(`${id}/${model}`, noModelsConfiguration);
      if (price === undefined) continue;
      for (const [input = 0, output = 0, read = 0, write = 0] of [
        [1234, 567, 0, 0],
        [200_001, 10, 150_000, 20_000],
        [1_000_000, 4096, 0, 1_000_000],
      ]) {
        const tokens = {inputTokens: input, outputTokens: output, cacheReadTokens: read, cacheWriteTokens: write};
        const listed = {
          input_tokens: input,
          output_tokens: output,
          cache_read_tokens: read,
          cache_write_tokens: write,
        };
        const usd = calcPrice(listed, model, {provider, timestamp: new Date()})!.total_price;
        expect(price.usd(tokens), model).toBeCloseTo(usd, 9);
        expect(price.worstUsd(tokens), model).toBeGreaterThanOrEqual(usd - 1e-9);
      }
    }
  });

  it('never guesses: another provider, an unknown model, a name that is none', async () => {
    for (const id of [
      'local/claude-haiku-4-5',
      'anthropic/nothing',
      'openai-eu/gpt-5',
      'constructor/x',
      'x',
      '/x',
      '',
    ]) {
      expect(await priceOf(id, noModelsConfiguration)).toBeUndefined();
    }
  });

  it('is zero offline', async () => {
    expect((await mustPrice('offline')).worstUsd(usage)).toBe(0);
  });
});

describe('costOf', () => {
  it('says how to give a price that is not known', () => {
    expect(costOf(usage, undefined, 'x/y')).toEqual({
      usd: null,
      reason: 'no price for "x/y"; add it to "prices" in config/models.json',
    });
  });

  it('is not zero when the provider told no tokens, unless they are free', async () => {
    const silent = {inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, requests: 1};
    expect(costOf(silent, await mustPrice('local/llama', configured), 'local/llama')).toMatchObject({usd: null});
    expect(costOf(silent, await mustPrice('free/x', configured), 'free/x')).toEqual({usd: 0});
  });
});

describe('worstCaseUsd', () => {
  it('covers every way a call can go', async () => {
    for (const id of [
      'anthropic/claude-haiku-4-5',
      'anthropic/claude-sonnet-4-5',
      'openai/gpt-5.4',
      'google/gemini-2.5-pro',
      'deepseek/deepseek-chat',
      'local/llama',
    ]) {
      const price = await mustPrice(id, {...configured, prices: {'local/llama': configured.prices['local/llama']!}});
      for (const inputTokens of [1, 1000, 199_999, 200_001, 300_000]) {
        const worst = worstCaseUsd({inputTokens, maxOutputTokens: 8000}, price);
        for (const [read, written] of [
          [0, 0],
          [1, 0],
          [0, 1],
          [0.5, 0.5],
        ] as const) {
          const cost = price.usd({
            inputTokens,
            outputTokens: 8000,
            cacheReadTokens: Math.floor(inputTokens * read),
            cacheWriteTokens: Math.floor(inputTokens * written),
          });
          expect(worst).toBeGreaterThanOrEqual(cost);
          expect(worst).toBeLessThan(cost * 20);
        }
      }
    }
  });

  it('knows that long prompts cost more', async () => {
    const price = await mustPrice('openai/gpt-5.4');
    expect(price.usd({inputTokens: 300_000, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0})).toBeCloseTo(
      0.3 * 5,
      9,
    );
  });
});

async function mustPrice(id: string, configuration: ModelsConfiguration = noModelsConfiguration): Promise<Price> {
  const price = await priceOf(id, configuration);
  if (price === undefined) throw new Error(`no price for ${id}`);
  return price;
}
