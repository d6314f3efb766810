import {type ComponentChild, h} from 'preact';
import {localMinute} from '../../util/local-time.ts';
import type {Timeline} from '../api.ts';
import {Chart, fieldWidth} from './chart.ts';
import {count, limitText, usd} from './format.ts';

const minuteMs = 60_000;

/** Calls by the minute, and what they came to, against the budget. */
export function TimelineCharts({timeline}: {timeline: Timeline}): ComponentChild {
  const {minutes, budgetUsd} = timeline;
  const calls = minutes.reduce((sum, minute) => sum + minute.calls, 0);
  const total = minutes.reduce((sum, minute) => sum + minute.usd, 0);
  const from = minutes[0]!.at;
  const until = minutes.at(-1)!.at + minuteMs;
  const x = (at: number): number => ((at - from) / (until - from)) * fieldWidth;
  const along = [from, (from + until) / 2, until].map(at => localMinute(new Date(at)));
  const budget = budgetUsd === undefined ? '' : ` (budget ${limitText(budgetUsd)})`;
  return h(
    'section',
    {class: 'block charts'},
    h('h2', null, 'Pace and cost'),
    h(Chart, {
      title: 'Calls a minute',
      label: `${count(calls, 'call')} in ${count(minutes.length, 'minute')}`,
      most: Math.max(2, ...minutes.map(minute => minute.calls)),
      format: value => value.toLocaleString('en'),
      along,
      draw: y => h('path', {class: 'area', d: minutes.map(minute => bar(x, y, minute)).join('')}),
    }),
    h(Chart, {
      title: `Spent, USD${budget}`,
      label: `${usd(total)} USD${budget}`,
      most: Math.max(total, budgetUsd ?? 0),
      format: limitText,
      along,
      draw: y => [
        h('path', {class: 'area', d: `${spentLine(x, y, timeline)}V100H0Z`}),
        h('path', {class: 'line', d: spentLine(x, y, timeline)}),
        budgetUsd === undefined ? null : h('path', {class: 'limit', d: `M0 ${y(budgetUsd)}H${fieldWidth}`}),
      ],
    }),
  );
}

type Scale = (value: number) => number;

/** Minutes without a call have no bar. */
function bar(x: Scale, y: Scale, {at, calls}: Timeline['minutes'][number]): string {
  return `M${round(x(at))} 100V${round(y(calls))}H${round(x(at + minuteMs))}V100Z`;
}

function spentLine(x: Scale, y: Scale, {minutes}: Timeline): string {
  let sum = 0;
  const steps = minutes.map(({at, usd: spent}) => {
    sum += spent;
    return `L${round(x(at + minuteMs))} ${round(y(sum))}`;
  });
  return `M0 100${steps.join('')}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
