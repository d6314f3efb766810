import {expect, it} from 'vitest';
import {describeTrends} from './trends.ts';

const monday = Date.UTC(2025, 11, 1);

it('says of each skill what was accepted at what price, week by week, and counts what was held as no failure', () => {
  const skill = 'readme';
  const week = '2025-12-01';
  const before = '2025-11-24';
  const trends = describeTrends({
    now: monday + 3 * 86_400_000,
    days: 10,
    costs: [{name: skill, calls: 9, usd: 1.5}],
    rows: {
      jobs: [
        {skill, week, status: 'changed', count: 4},
        {skill, week, status: 'failed', count: 2},
        {skill, week, status: 'held', count: 1},
        {skill, week: before, status: 'up-to-date', count: 5},
        {skill: 'idle', week, status: 'unchanged', count: 1},
      ],
      changes: [
        {skill, week, state: 'delivered', count: 1},
        {skill, week, state: 'to-deliver', count: 1},
        {skill, week, state: 'rejected', count: 1},
        {skill, week, state: 'to-review', count: 2},
        {skill, week: before, state: 'superseded', count: 7},
      ],
      failures: [
        {skill, week, reason: 'reply-empty'},
        {skill, week, reason: 'reply-empty'},
      ],
    },
  });
  expect(trends.weeks).toEqual([before, week]);
  expect(trends.skills).toEqual([
    {
      skill,
      jobs: 12,
      skipped: 5,
      failed: 2,
      accepted: 2,
      rejected: 1,
      waiting: 2,
      costUsd: 1.5,
      weeks: [
        {accepted: 0, decided: 0},
        {accepted: 2, decided: 3},
      ],
    },
    expect.objectContaining({skill: 'idle', jobs: 1, failed: 0, costUsd: 0}),
  ]);
  expect(trends.failures).toEqual([{reason: 'reply-empty', jobs: 2, weeks: [0, 2]}]);
});
