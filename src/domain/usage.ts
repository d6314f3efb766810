/** Tokens of one or more model calls. `inputTokens` is the total, cache reads and writes included. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Calls that were answered, or may have been and are counted as if they were. */
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

/** What something cost in US dollars, or why that is not known, with what of it is. */
export type Cost = {readonly usd: number} | {readonly usd: null; readonly reason: string; readonly atLeastUsd?: number};

export const noCost: Cost = {usd: 0};

/** Of a call that brought nothing and may have been billed all the same. */
export const unknownCost: Cost = {usd: null, reason: 'a call that brought no reply may have been billed all the same'};

export function addCost(a: Cost, b: Cost): Cost {
  const known = knownUsd(a) + knownUsd(b);
  if (a.usd !== null && b.usd !== null) return {usd: known};
  const reason = a.usd === null ? a.reason : b.usd === null ? b.reason : '';
  return {usd: null, reason, ...(known === 0 ? {} : {atLeastUsd: known})};
}

/** What was certainly spent. */
export function knownUsd(cost: Cost): number {
  return cost.usd === null ? (cost.atLeastUsd ?? 0) : cost.usd;
}
