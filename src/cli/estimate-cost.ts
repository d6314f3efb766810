import type {Job} from '../domain/job.ts';
import type {ModelsConfiguration} from '../domain/models-configuration.ts';
import type {Ledger} from '../ledger/ledger.ts';

/** US dollars for one job, with where the figures come from; null where the price is not known. */
export interface CostRange {
  readonly low: number | null;
  readonly high: number | null;
  readonly basis: string;
}

const enoughPast = 10;
/** Output tokens that a one-file reply was seen to have, low and high. */
const usualOutput = [400, 4_000] as const;

/** What the job would cost in a batch: the same calls at another price. */
export async function estimateBatchCost(...[job, ...rest]: Parameters<typeof estimateCost>): Promise<CostRange> {
  const single = await estimateCost(job, ...rest);
  if (single.low === null || single.high === null || job.models[0] === 'offline') return single;
  const {batchShare} = await import('../models/prices.ts');
  return {
    low: single.low * batchShare,
    high: single.high * batchShare,
    basis: `${single.basis}, at half price in a batch`,
  };
}

/** What one call of the job can cost at most, as the ledger will reserve it; undefined where the price is not known. */
export async function worstCostOf(
  job: Job,
  inputTokens: number,
  models: ModelsConfiguration,
  isBatch: boolean,
): Promise<number | undefined> {
  const [{batchShare, priceOf, worstCaseUsd}, {mostTokens}] = await Promise.all([
    import('../models/prices.ts'),
    import('../run/reply-source.ts'),
  ]);
  const price = await priceOf(job.models[0] ?? '', models);
  if (price === undefined) return undefined;
  const worst = worstCaseUsd({inputTokens: mostTokens(inputTokens), maxOutputTokens: job.maxOutputTokens}, price);
  return isBatch ? worst * batchShare : worst;
}

/** From the tenth to the ninetieth of a hundred past costs, USD; undefined when there are fewer than `enough` to say anything. */
export function rangeOfPast(costs: readonly number[], enough: number, what: string): CostRange | undefined {
  if (costs.length < enough) return undefined;
  const sorted = costs.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return {low: at(0.1), high: at(0.9), basis: `p10–p90 of ${sorted.length} past ${what}`};
}

export async function estimateCost(
  job: Job,
  inputTokens: number,
  models: ModelsConfiguration,
  ledger: Pick<Ledger, 'pastCosts'>,
): Promise<CostRange> {
  const model = job.models[0] ?? '';
  if (model === 'offline') return {low: 0, high: 0, basis: 'offline costs nothing'};
  const past = rangeOfPast(await ledger.pastCosts(job.skill, model, 200), enoughPast, `calls of ${job.skill}`);
  if (past !== undefined) return past;
  const {priceOf} = await import('../models/prices.ts');
  const price = await priceOf(model, models);
  if (price === undefined) return {low: null, high: null, basis: `no price for ${model}`};
  const cost = (input: number, output: number): number =>
    price.usd({
      inputTokens: Math.round(input),
      outputTokens: Math.min(output, job.maxOutputTokens),
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
    });
  return {
    low: cost(inputTokens * 0.85, usualOutput[0]),
    high: cost(inputTokens * 1.15, usualOutput[1]),
    basis: `counted input tokens (± 15 %) and ${usualOutput[0]} to ${usualOutput[1]} output tokens`,
  };
}
