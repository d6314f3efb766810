import type {CostRow, TrendRows} from '../ledger/ledger.ts';
import type {SkillTrend, Trends} from './api.ts';

export interface TrendsInput {
  readonly rows: TrendRows;
  /** By skill. */
  readonly costs: readonly CostRow[];
  readonly days: number;
  readonly now: number;
}

/** What the nights of a time came to: by skill, and why jobs failed. Held is no failure. */
export function describeTrends({rows, costs, days, now}: TrendsInput): Trends {
  const weeks = weeksOf(days, now);
  const names = new Set([...rows.jobs.map(({skill}) => skill), ...costs.map(({name}) => name)]);
  const skills = [...names].map(skill => describeSkill(skill, rows, costs, weeks));
  return {
    days,
    weeks,
    skills: skills.sort((a, b) => b.costUsd - a.costUsd || b.jobs - a.jobs || (a.skill < b.skill ? -1 : 1)),
    failures: describeFailures(rows.failures, weeks),
  };
}

function describeSkill(
  skill: string,
  {jobs, changes}: TrendRows,
  costs: readonly CostRow[],
  weeks: readonly string[],
): SkillTrend {
  const ownJobs = jobs.filter(row => row.skill === skill);
  const own = changes.filter(row => row.skill === skill);
  const jobsThat = (status: TrendRows['jobs'][number]['status']): number =>
    sum(ownJobs.filter(row => row.status === status));
  const kept = own.filter(({state}) => state === 'to-deliver' || state === 'delivered');
  const refused = own.filter(({state}) => state === 'rejected');
  return {
    skill,
    jobs: sum(ownJobs),
    skipped: jobsThat('up-to-date'),
    failed: jobsThat('failed'),
    accepted: sum(kept),
    rejected: sum(refused),
    waiting: sum(own.filter(({state}) => state === 'to-review')),
    costUsd: costs.find(({name}) => name === skill)?.usd ?? 0,
    weeks: weeks.map(week => {
      const accepted = sum(kept.filter(row => row.week === week));
      return {accepted, decided: accepted + sum(refused.filter(row => row.week === week))};
    }),
  };
}

function describeFailures(failures: TrendRows['failures'], weeks: readonly string[]): Trends['failures'] {
  const causes = Map.groupBy(failures, ({reason}) => reason);
  return [...causes]
    .map(([reason, all]) => ({
      reason,
      jobs: all.length,
      weeks: weeks.map(week => all.filter(failure => failure.week === week).length),
    }))
    .sort((a, b) => b.jobs - a.jobs || (a.reason < b.reason ? -1 : 1));
}

const dayMs = 86_400_000;

/** Mondays, UTC, from the first week of the time to this one. */
function weeksOf(days: number, now: number): string[] {
  const mondayOf = (ms: number): number => {
    const day = Math.floor(ms / dayMs);
    // 1 January 1970 was a Thursday.
    return (day - ((day + 3) % 7)) * dayMs;
  };
  const weeks: string[] = [];
  for (let at = mondayOf(now - days * dayMs); at <= now; at += 7 * dayMs)
    weeks.push(new Date(at).toISOString().slice(0, 10));
  return weeks;
}

function sum(rows: readonly {readonly count: number}[]): number {
  return rows.reduce((total, {count}) => total + count, 0);
}
