import type {Job} from '../domain/job.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {type JobRow, type RunOverview, retryCost} from './api.ts';

/** What `orchestrator retry` can help: what failed and left nothing to decide on, and what was left undone. */
export function isRetried({standing, retry}: JobRow): boolean {
  return standing === 'not-started' || (standing === 'failed' && retry !== 'no');
}

/** About what a job of each skill costs, from those of the run that were paid for, else from `past`. */
function usualCosts(rows: Iterable<JobRow>, past: Readonly<Record<string, number>>): Record<string, number> {
  const sums = new Map<string, {usd: number; jobs: number}>();
  for (const {skill, costUsd} of rows) {
    if (costUsd === undefined || costUsd === null || costUsd === 0) continue;
    const sum = sums.get(skill) ?? {usd: 0, jobs: 0};
    sums.set(skill, {usd: sum.usd + costUsd, jobs: sum.jobs + 1});
  }
  return {...past, ...Object.fromEntries([...sums].map(([skill, {usd, jobs}]) => [skill, usd / jobs]))};
}

/** Of all that can be run again; absent when nothing is known of any. */
export function retryCosts(
  rows: readonly JobRow[],
  past: Readonly<Record<string, number>>,
): Pick<RunOverview, 'toRetry' | 'retryUsd' | 'usualUsd'> {
  const usualUsd = usualCosts(rows, past);
  const again = rows.filter(isRetried);
  const known = again.flatMap(row => retryCost(row, usualUsd) ?? []);
  return {
    toRetry: again.length,
    usualUsd,
    ...(known.length === 0 ? {} : {retryUsd: known.reduce((sum, usd) => sum + usd, 0)}),
  };
}

const callsAsked = 50;

/** What a call for each of these skills used to cost; simple mode makes one for a job. */
export async function pastCosts(
  ledger: Pick<Ledger, 'pastCosts'>,
  jobs: readonly Pick<Job, 'skill' | 'mode' | 'models'>[],
): Promise<Record<string, number>> {
  const models = new Map(
    jobs.flatMap(({skill, mode, models: [model]}) => (mode === 'simple' && model ? [[skill, model]] : [])),
  );
  const costs: Record<string, number> = {};
  for (const [skill, model] of models) {
    const past = (await ledger.pastCosts(skill, model, callsAsked)).sort((a, b) => a - b);
    const middle = past[Math.floor(past.length / 2)];
    if (middle !== undefined) costs[skill] = middle;
  }
  return costs;
}
