import {type ComponentChild, Fragment, h} from 'preact';
import type {SkillTrend, Trends} from '../api.ts';
import {FailureCauses} from './failure-causes.ts';
import {number, usd} from './format.ts';
import {List} from './pieces.ts';
import {Waiting} from './problem.ts';
import {SkillLink} from './skill-link.ts';
import {DayTabs, TrendTabs} from './trend-tabs.ts';
import {useData} from './use-data.ts';
import {useTitle} from './use-title.ts';
import {WeekBars} from './week-bars.ts';

/** Whether it is worth it: how much of what each skill proposes is taken, at what price, and why jobs fail. */
export function TrendsPage({place}: {place: URL}): ComponentChild {
  const days = Number(place.searchParams.get('days') ?? 90);
  const {value, error} = useData<Trends>(`/api/trends?days=${days}`);
  useTitle('Trends');
  return h(
    Fragment,
    null,
    h(
      'section',
      {class: 'hero'},
      h('h1', null, 'Trends'),
      h('p', {class: 'muted'}, value === undefined ? '…' : summary(value)),
    ),
    h('div', {class: 'filters'}, h(TrendTabs, {at: '/trends'}), h(DayTabs, {at: '/trends', days})),
    value === undefined
      ? h(Waiting, {error})
      : value.skills.length === 0
        ? h('p', {class: 'empty'}, 'No run started in this time.')
        : [h(Skills, {key: 'skills', trends: value}), h(FailureCauses, {key: 'causes', trends: value})],
  );
}

function summary({skills, days}: Trends): string {
  const total = (of: (trend: SkillTrend) => number): number => skills.reduce((sum, trend) => sum + of(trend), 0);
  const jobs = total(({jobs}) => jobs);
  const accepted = total(({accepted}) => accepted);
  const cost = total(({costUsd}) => costUsd);
  const skipped =
    jobs === 0
      ? ''
      : ` · ${share(
          total(({skipped}) => skipped),
          jobs,
        )} skipped, as nothing had changed`;
  const each = accepted === 0 ? '' : ` · ${perAccepted(cost, accepted)} for each accepted change`;
  return `${number(jobs)} jobs in ${number(days)} days${skipped} · ${usd(cost)} USD${each}`;
}

export function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${Math.round((part / whole) * 100)} %`;
}

export function perAccepted(costUsd: number, accepted: number): string {
  return accepted === 0 ? '–' : usd(costUsd / accepted);
}

function Skills({trends}: {trends: Trends}): ComponentChild {
  return h(
    'section',
    {class: 'block'},
    h('h2', null, 'Skills'),
    h(
      List,
      {
        label: 'Skills',
        columns: ['Skill', 'Accepted by week', 'Jobs', 'Skipped', 'Failed', 'Accepted', 'USD', 'USD per accepted'],
        numbers: 6,
        wideOnly: ['Accepted by week', 'Jobs', 'Skipped', 'Failed', 'USD'],
      },
      trends.skills.map(trend =>
        h(
          'tr',
          {key: trend.skill},
          h('td', null, h(SkillLink, {name: trend.skill})),
          h('td', {class: 'wide-only'}, h(WeekBars, {weeks: trends.weeks, trend})),
          h('td', {class: 'number wide-only'}, number(trend.jobs)),
          h('td', {class: 'number wide-only'}, share(trend.skipped, trend.jobs)),
          h('td', {class: `number wide-only ${trend.failed === 0 ? 'muted' : 'state-failed'}`}, number(trend.failed)),
          h(
            'td',
            {class: 'number'},
            `${number(trend.accepted)} `,
            h('span', {class: 'muted'}, `(${share(trend.accepted, trend.accepted + trend.rejected)})`),
          ),
          h('td', {class: 'number wide-only'}, usd(trend.costUsd)),
          h('td', {class: 'number'}, perAccepted(trend.costUsd, trend.accepted)),
        ),
      ),
    ),
    h(
      'p',
      {class: 'muted small-print'},
      'Accepted: changes that somebody accepted or that left without being asked about, and in brackets their share of those that were decided on or left.',
    ),
  );
}
