import {type ComponentChild, Fragment, h} from 'preact';
import {type Costs, costKeys} from '../api.ts';
import {capital, count, number, usd} from './format.ts';
import {Problem} from './problem.ts';
import {replacePlace} from './router.ts';
import {Text} from './text.ts';
import {DayTabs, TrendTabs} from './trend-tabs.ts';
import {useData} from './use-data.ts';
import {useTitle} from './use-title.ts';

/** What calls cost, by repo, skill, model or week. */
export function CostsPage({place}: {place: URL}): ComponentChild {
  const by = costKeys.find(known => known === place.searchParams.get('by')) ?? 'skill';
  const days = Number(place.searchParams.get('days') ?? 30);
  const {value, error} = useData<Costs>(`/api/costs?by=${by}&days=${days}`);
  useTitle('Costs');
  if (error !== undefined && value === undefined) return h(Problem, {error});
  return h(
    Fragment,
    null,
    h(
      'section',
      {class: 'hero'},
      h('h1', null, 'Costs'),
      h(
        'p',
        {class: 'muted'},
        value === undefined
          ? '…'
          : `${usd(value.totalUsd)} USD in ${number(days)} days, as measured; calls whose price is not known count at their worst case`,
      ),
    ),
    h('div', {class: 'filters'}, h(TrendTabs, {at: '/costs'}), h(DayTabs, {at: '/costs', days, more: `&by=${by}`})),
    h(
      'div',
      {role: 'group', 'aria-label': 'By', class: 'tabs small by'},
      costKeys.map(key =>
        h(
          'button',
          {type: 'button', 'aria-pressed': key === by, onClick: () => replacePlace(`/costs?by=${key}&days=${days}`)},
          `By ${key}`,
        ),
      ),
    ),
    value === undefined
      ? null
      : value.rows.length === 0
        ? h('p', {class: 'empty'}, 'No model was called in this time.')
        : h(CostTable, {costs: value}),
  );
}

function CostTable({costs: {by, rows}}: {costs: Costs}): ComponentChild {
  const most = Math.max(...rows.map(row => row.usd), 0.000_001);
  return h(
    'table',
    {class: 'list costs'},
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        h('th', {scope: 'col'}, capital(by)),
        h('th', {scope: 'col', class: 'number'}, 'Calls'),
        h('th', {scope: 'col', class: 'number'}, 'USD'),
        h('th', {scope: 'col', class: 'bar-head'}, h('span', {class: 'unseen'}, 'Share')),
      ),
    ),
    h(
      'tbody',
      null,
      rows.map(row =>
        h(
          'tr',
          {key: row.name},
          h('td', {class: 'wrap'}, by === 'week' ? 'from ' : '', h(Text, {of: row.name})),
          h('td', {class: 'number', 'aria-label': count(row.calls, 'call')}, number(row.calls)),
          h('td', {class: 'number'}, usd(row.usd)),
          h(
            'td',
            {class: 'bar-cell'},
            h('span', {class: 'bar', style: {width: `${Math.max(0.5, (row.usd / most) * 100)}%`}}),
          ),
        ),
      ),
    ),
  );
}
