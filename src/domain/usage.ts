/** Tokens of one or more model calls. `inputTokens` is the total, cache reads and writes included. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Calls that reached the provider and were answered. */
  readonly requests: number;
}

export const noUsage: Usage = {inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, requests: 0};

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    requests: a.requests + b.requests,
  };
}

/** What something cost in US dollars, or why that is not known. */
export type Cost = {readonly usd: number} | {readonly usd: null; readonly reason: string};

export const noCost: Cost = {usd: 0};

export function addCost(a: Cost, b: Cost): Cost {
  if (a.usd === null) return a;
  if (b.usd === null) return b;
  return {usd: a.usd + b.usd};
}
