import type {Job} from '../domain/job.ts';
import {countOf} from '../util/count-of.ts';
import type {CostRange} from './estimate-cost.ts';

/** A job that would call a model, with what a call of it can cost at worst. */
export interface PricedJob {
  readonly job: Pick<Job, 'task' | 'taskBudgetUsd'>;
  readonly cost?: CostRange;
  readonly worstUsd?: number;
}

/** What a budget would do to a run: keep it from starting at all, or end it before all jobs were done. */
export function budgetWarnings(jobs: readonly PricedJob[], budgetUsd: number | undefined): string[] {
  const warnings = budgetUsd === undefined ? [] : warningsOf(jobs, budgetUsd, 'the budget');
  for (const [task, ofTask] of Map.groupBy(jobs, ({job}) => job.task)) {
    const limit = ofTask[0]?.job.taskBudgetUsd;
    if (limit !== undefined) warnings.push(...warningsOf(ofTask, limit, `the budget of task "${task}"`));
  }
  return warnings;
}

function warningsOf(jobs: readonly PricedJob[], budgetUsd: number, name: string): string[] {
  const priced = jobs.flatMap(({cost, worstUsd}) =>
    worstUsd === undefined || worstUsd === 0 || cost?.high == null ? [] : [{worstUsd, high: cost.high}],
  );
  const [first] = priced;
  if (first === undefined) return [];
  const least = Math.min(...priced.map(({worstUsd}) => worstUsd));
  const enough = `${enoughFor(priced).toFixed(2)} USD would do for all`;
  if (least > budgetUsd)
    return [
      `${name} of ${budgetUsd} USD is less than one call can cost at worst (${least.toFixed(4)} USD), so no call would be made; ${enough}`,
    ];
  let spent = 0;
  let fitting = 0;
  for (const {worstUsd, high} of priced) {
    if (spent + worstUsd > budgetUsd) break;
    spent += high;
    fitting++;
  }
  if (fitting === priced.length) return [];
  return [
    `${name} of ${budgetUsd} USD may stop it early, after about ${fitting} of ${countOf(priced.length, 'job')}; ${enough}`,
  ];
}

/** Each call is reserved at its worst case before it is made, and costs less. */
function enoughFor(priced: readonly {readonly worstUsd: number; readonly high: number}[]): number {
  const total = priced.reduce((sum, {high}) => sum + high, 0);
  return Math.ceil((total + Math.max(...priced.map(({worstUsd}) => worstUsd))) * 100) / 100;
}
