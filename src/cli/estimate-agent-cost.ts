import {defaultAgentLimits, type Job} from '../domain/job.ts';
import type {ModelsConfiguration} from '../domain/models-configuration.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {type CostRange, rangeOfPast} from './estimate-cost.ts';

const enoughPast = 5;
/** Of one turn: what a short answer has, and what the longest answer of a tool adds to the conversation. */
const shortOutput = 400;
const longOutput = 4_000;
const longResult = 10_000;

/** What a whole job of an agent may cost: as jobs before, or else from two turns to all it may have. */
export async function estimateAgentCost(
  job: Job,
  inputTokens: number,
  models: ModelsConfiguration,
  ledger: Pick<Ledger, 'pastAgentCosts'>,
): Promise<CostRange> {
  const model = job.models[0] ?? '';
  const costs = await ledger.pastAgentCosts(job.skill, model, 200);
  const past = rangeOfPast(costs, enoughPast, `jobs of ${job.skill} with an agent`);
  if (past !== undefined) return past;
  const {priceOf} = await import('../models/prices.ts');
  const price = await priceOf(model, models);
  if (price === undefined) return {low: null, high: null, basis: `no price for ${model}`};
  const turns = (count: number, growth: number, output: number): number => {
    let usd = 0;
    for (let turn = 0; turn < count; turn++) {
      const conversation = Math.min(turn * (growth + output), 2 * job.contextTokens);
      usd += price.usd({
        inputTokens: Math.round(inputTokens + conversation),
        outputTokens: Math.min(output, job.maxOutputTokens),
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
      });
    }
    return usd;
  };
  const maxTurns = job.maxTurns ?? defaultAgentLimits.maxTurns;
  const most = turns(maxTurns, longResult, longOutput);
  const high = Math.min(most, job.jobBudgetUsd ?? most);
  return {
    low: Math.min(high, turns(Math.min(2, maxTurns), shortOutput, shortOutput)),
    high,
    basis: `an agent that needs two turns, to one that needs all ${maxTurns} with long answers and no cache${high < most ? ', within its budget' : ''}`,
  };
}
