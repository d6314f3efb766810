import type {Usage as ListedUsage} from '@pydantic/genai-prices';
import type {ConfiguredPrice, ModelsConfiguration} from '../domain/models-configuration.ts';
import type {Cost, Usage} from '../domain/usage.ts';

type Tokens = Pick<Usage, 'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens'>;

/** What a model costs. */
export interface Price {
  /** US dollars per million tokens of a short prompt, for people. */
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
  /** The model of the price list this was found under; absent for prices of the operator. */
  readonly listedAs?: string;
  /** US dollars for these tokens in one call at this moment, long-prompt tiers included. */
  usd(tokens: Tokens): number;
  /** At most this many US dollars, whatever part of the input is written to a cache and whatever the time of day. */
  worstUsd(tokens: Tokens): number;
}

/** Prices of the operator first, then the price list, which is loaded when it is needed. Unknown stays unknown. */
export async function priceOf(modelId: string, configuration: ModelsConfiguration): Promise<Price | undefined> {
  if (modelId === 'offline') return configuredPrice({input: 0, output: 0});
  const slash = modelId.indexOf('/');
  const provider = modelId.slice(0, slash);
  const configured = own(configuration.prices, modelId) ?? own(configuration.prices, `${provider}/*`);
  if (configured !== undefined) return configuredPrice(configured);
  return slash < 1 ? undefined : await listedPrice(provider, modelId.slice(slash + 1));
}

/** The cost of one call, or why it is not known. */
export function costOf(usage: Usage, price: Price | undefined, modelId: string): Cost {
  if (price === undefined) return {usd: null, reason: unknownPrice(modelId)};
  const free = price.inputPerMillion === 0 && price.outputPerMillion === 0;
  if (usage.requests > 0 && usage.inputTokens === 0 && !free) {
    return {usd: null, reason: `the provider of "${modelId}" told no believable token counts`};
  }
  return {usd: price.usd(usage)};
}

export function unknownPrice(modelId: string): string {
  return `no price for "${modelId}"; add it to "prices" in config/models.json`;
}

/** What one call can cost at most. */
export function worstCaseUsd(
  call: {readonly inputTokens: number; readonly maxOutputTokens: number},
  price: Price,
): number {
  return price.worstUsd({
    inputTokens: call.inputTokens,
    outputTokens: call.maxOutputTokens,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
  });
}

/** What batches cost of the price of single calls, at every provider that has them. */
export const batchShare = 0.5;

/** Names of the text models of a provider in the price list, without those it calls deprecated. */
export async function listedModels(providerName: string): Promise<string[]> {
  const {findProvider} = await import('@pydantic/genai-prices');
  const provider = findProvider({providerId: providerName});
  if (provider === undefined || provider.id !== providerName) return [];
  return provider.models
    .filter(({deprecated, prices}) => {
      const price = Array.isArray(prices) ? prices.at(-1)?.prices : prices;
      return deprecated !== true && price?.['input_mtok'] !== undefined && price['output_mtok'] !== undefined;
    })
    .filter(({id}) => !/audio|image|realtime|embedding|tts|transcribe|live|vision|search|moderation/.test(id))
    .map(({id}) => id);
}

function configuredPrice(price: ConfiguredPrice): Price {
  const cacheRead = price.cacheRead ?? price.input;
  const cacheWrite = price.cacheWrite ?? price.input;
  return {
    inputPerMillion: price.input,
    outputPerMillion: price.output,
    usd: ({inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens}) =>
      ((inputTokens - cacheReadTokens - cacheWriteTokens) * price.input +
        cacheReadTokens * cacheRead +
        cacheWriteTokens * cacheWrite +
        outputTokens * price.output) /
      1e6,
    worstUsd: ({inputTokens, outputTokens}) =>
      (inputTokens * Math.max(price.input, cacheRead, cacheWrite) + outputTokens * price.output) / 1e6,
  };
}

async function listedPrice(providerName: string, model: string): Promise<Price | undefined> {
  const {calcPrice, findProvider} = await import('@pydantic/genai-prices');
  const provider = findProvider({providerId: providerName});
  // It also finds providers by likeness; another vendor's price would be a wrong one.
  if (provider === undefined || provider.id !== providerName) return undefined;
  const unit = calcPrice({input_tokens: 1, output_tokens: 1}, model, {provider, timestamp: new Date()});
  if (unit === null) return undefined;
  // With all of its models a provider is looked through each time.
  const only = {...provider, models: [unit.model]};
  const total = (usage: ListedUsage, timestamp = new Date()): number =>
    calcPrice(usage, model, {provider: only, timestamp})!.total_price;
  const inputPerMillion = unit.input_price * 1e6;
  const outputPerMillion = unit.output_price * 1e6;
  const listedAs = `${provider.id}/${unit.model.id}`;
  if (isFlat(unit.model.prices)) {
    const million = {inputTokens: 1e6, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0};
    const cacheRead = total(listed({...million, cacheReadTokens: 1e6}));
    const cacheWrite = total(listed({...million, cacheWriteTokens: 1e6}));
    return {...configuredPrice({input: inputPerMillion, output: outputPerMillion, cacheRead, cacheWrite}), listedAs};
  }
  return {
    inputPerMillion,
    outputPerMillion,
    listedAs,
    usd: tokens => total(listed(tokens)),
    worstUsd: tokens => {
      const uncached = listed({...tokens, cacheReadTokens: 0, cacheWriteTokens: 0});
      const written = listed({...tokens, cacheReadTokens: 0, cacheWriteTokens: tokens.inputTokens});
      // Some prices change with the hour, or from a day on.
      const hours = Array.isArray(unit.model.prices) ? 24 : 1;
      const moments = Array.from({length: hours}, (_, hour) => new Date(Date.now() + hour * 3_600_000));
      return Math.max(...moments.flatMap(moment => [total(uncached, moment), total(written, moment)]));
    },
  };
}

/** The same for any number of tokens at any time, which most are; asking the list for each call takes longer than all else that is done about its price. */
function isFlat(prices: object): boolean {
  return !Array.isArray(prices) && Object.values(prices).every(price => typeof price === 'number');
}

function listed(tokens: Tokens): ListedUsage {
  return {
    input_tokens: tokens.inputTokens,
    output_tokens: tokens.outputTokens,
    cache_read_tokens: tokens.cacheReadTokens,
    cache_write_tokens: tokens.cacheWriteTokens,
  };
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
