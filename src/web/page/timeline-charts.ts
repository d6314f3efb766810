import {type ComponentChild, h} from 'preact';
import {useEffect, useRef} from 'preact/hooks';
import type uPlot from 'uplot';
import {localMinute} from '../../util/local-time.ts';
import type {Timeline} from '../api.ts';
import {usd} from './format.ts';

const height = 150;

/** Calls by the minute, and what they came to, against the budget. */
export function TimelineCharts({timeline}: {timeline: Timeline}): ComponentChild {
  const {minutes, budgetUsd} = timeline;
  const calls = minutes.reduce((sum, minute) => sum + minute.calls, 0);
  const total = minutes.reduce((sum, minute) => sum + minute.usd, 0);
  return h(
    'section',
    {class: 'block charts'},
    h('h2', null, 'Pace and cost'),
    h(Chart, {
      label: `${calls} calls in ${minutes.length} minutes`,
      title: 'Calls a minute',
      draw: (Plot, element, width) => drawCalls(Plot, element, width, timeline),
      of: timeline,
    }),
    h(Chart, {
      label: `${usd(total)} USD${budgetUsd === undefined ? '' : ` of a budget of ${usd(budgetUsd)}`}`,
      title: `Spent, USD${budgetUsd === undefined ? '' : ` (budget ${usd(budgetUsd)})`}`,
      draw: (Plot, element, width) => drawCost(Plot, element, width, timeline),
      of: timeline,
    }),
  );
}

type Draw = (Plot: typeof uPlot, element: HTMLElement, width: number) => uPlot;

function Chart({title, label, draw, of}: {title: string; label: string; draw: Draw; of: unknown}): ComponentChild {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let plot: uPlot | undefined;
    let isGone = false;
    const target = element.current!;
    const fit = new ResizeObserver(() => plot?.setSize({width: target.clientWidth, height}));
    void import('uplot').then(({default: Plot}) => {
      if (isGone) return;
      plot = draw(Plot, target, target.clientWidth);
      fit.observe(target);
    });
    return () => {
      isGone = true;
      fit.disconnect();
      plot?.destroy();
    };
  }, [of]);
  return h(
    'figure',
    null,
    h('figcaption', null, title),
    h('div', {ref: element, class: 'chart', role: 'img', 'aria-label': label}),
  );
}

function drawCalls(Plot: typeof uPlot, element: HTMLElement, width: number, {minutes}: Timeline): uPlot {
  const color = colorOf('--accent');
  return new Plot(
    {
      ...frame(width),
      series: [
        {},
        {
          label: 'calls',
          stroke: color,
          fill: `${color}33`,
          width: 1.5,
          paths: Plot.paths.stepped!({align: 1}),
          points: {show: false},
        },
      ],
    },
    [minutes.map(({at}) => at / 1000), minutes.map(({calls}) => calls)],
    element,
  );
}

function drawCost(Plot: typeof uPlot, element: HTMLElement, width: number, {minutes, budgetUsd}: Timeline): uPlot {
  let sum = 0;
  const spent = minutes.map(minute => (sum += minute.usd));
  const color = colorOf('--accent');
  const shape = frame(width);
  return new Plot(
    {
      ...shape,
      scales: {x: {time: true}, y: {range: (_, __, max) => [0, Math.max(max, budgetUsd ?? 0, 0.0001) * 1.05]}},
      series: [
        {},
        {label: 'spent', stroke: color, fill: `${color}1f`, width: 2, points: {show: false}},
        {label: 'budget', stroke: colorOf('--bad'), dash: [5, 4], width: 1.5, points: {show: false}},
      ],
    },
    [minutes.map(({at}) => at / 1000), spent, minutes.map(() => budgetUsd ?? null)],
    element,
  );
}

function frame(width: number): Pick<uPlot.Options, 'width' | 'height' | 'axes' | 'legend' | 'cursor' | 'scales'> {
  const axis = {
    stroke: colorOf('--muted'),
    grid: {stroke: colorOf('--line'), width: 1},
    ticks: {show: false},
    font: '12px system-ui',
  };
  return {
    width,
    height,
    legend: {show: false},
    cursor: {show: false},
    scales: {x: {time: true}, y: {range: (_, __, max) => [0, Math.max(1, max * 1.1)]}},
    axes: [
      {...axis, values: (_, ticks) => ticks.map(tick => localMinute(new Date(tick * 1000))), space: 64},
      {...axis, size: 52},
    ],
  };
}

function colorOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
