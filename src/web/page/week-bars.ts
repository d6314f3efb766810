import {type ComponentChild, h} from 'preact';
import type {SkillTrend} from '../api.ts';

const width = 7;
const gap = 2;
const height = 22;

/** The share of accepted changes, week by week; a week without any is a dash. */
export function WeekBars({weeks, trend}: {weeks: readonly string[]; trend: SkillTrend}): ComponentChild {
  const label = weeks
    .map((week, index) => [week, trend.weeks[index]!] as const)
    .filter(([, {decided}]) => decided > 0)
    .map(([week, {accepted, decided}]) => `${week} ${accepted} of ${decided}`)
    .join(', ');
  const whole = weeks.length * (width + gap);
  return h(
    'svg',
    {
      class: 'week-bars',
      width: whole,
      height,
      viewBox: `0 0 ${whole} ${height}`,
      role: 'img',
      'aria-label': label === '' ? 'nothing decided' : `accepted: ${label}`,
    },
    weeks.map((week, index) => {
      const {accepted, decided} = trend.weeks[index]!;
      const high = decided === 0 ? 1 : Math.max(2, (accepted / decided) * height);
      return h(
        'rect',
        {
          key: week,
          class: decided === 0 ? 'none' : 'some',
          x: index * (width + gap),
          y: height - high,
          width,
          height: high,
        },
        h('title', null, decided === 0 ? `${week}: nothing decided` : `${week}: ${accepted} of ${decided} accepted`),
      );
    }),
  );
}
