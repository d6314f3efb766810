import {type ComponentChild, Fragment, h} from 'preact';
import type {RunOverview, Tonight} from '../api.ts';
import {moment, number, spentText, usd} from './format.ts';
import {headline, LastNight} from './last-night.ts';
import {useLive} from './live.ts';
import {List, progressText, StateBadge} from './pieces.ts';
import {Waiting} from './problem.ts';
import {StateBar} from './state-bar.ts';
import {Text} from './text.ts';
import {useData} from './use-data.ts';
import {useTitle} from './use-title.ts';

/** Last night, now, next, and what there is to decide. */
export function TonightPage(): ComponentChild {
  const {value, error, reload} = useData<Tonight>('/api/tonight');
  useLive(event => {
    if (event.type === 'run' || event.type === 'reset' || event.type === 'command') reload();
  });
  useTitle(value?.last === undefined ? 'Tonight' : headline(value.last));
  if (value === undefined) return h(Waiting, {error});
  if (value.recent.length === 0) return h(NoRuns, {});
  return h(
    Fragment,
    null,
    value.missed.map(({config, expectedAt}) =>
      h(
        'p',
        {class: 'notice notice-bad'},
        h('strong', null, 'A night did not run. '),
        h(Text, {of: config}),
        ` was expected by ${moment(expectedAt)}.`,
      ),
    ),
    value.running.map(run => h(RunningNow, {key: run.id, run, isAlone: value.last === undefined})),
    value.last === undefined
      ? null
      : h(LastNight, {key: value.last.id, run: value.last, failures: value.failures, toReview: value.toReview}),
    value.next.length === 0
      ? null
      : h(
          'section',
          {class: 'block'},
          h('h2', null, 'Next'),
          h(
            'ul',
            {class: 'plain'},
            value.next.map(({config, at}) =>
              h('li', null, h(Text, {of: config}), h('span', {class: 'muted'}, ` by ${moment(at)}`)),
            ),
          ),
        ),
    h(RecentRuns, {runs: value.recent}),
  );
}

function NoRuns(): ComponentChild {
  return h(
    'section',
    {class: 'empty'},
    h('h1', null, 'No runs yet'),
    h('p', null, 'See how a night goes, without a key: ', h('code', null, 'orchestrator demo')),
    h('p', null, 'Or begin with your own repositories: ', h('code', null, 'orchestrator init')),
  );
}

function RunningNow({run, isAlone}: {run: RunOverview; isAlone: boolean}): ComponentChild {
  return h(
    'section',
    {class: 'block now'},
    h('p', {class: 'eyebrow'}, 'Now'),
    h(isAlone ? 'h1' : 'h2', null, h('a', {href: `/r/${run.id}`}, run.id), ' ', h(StateBadge, {run})),
    h(StateBar, {counts: run.standings, hrefOf: standing => `/r/${run.id}?filter=${standing}`}),
    h('p', {class: 'muted'}, `${progressText(run)} · ${spentText(run)} · on `, h(Text, {of: run.host})),
  );
}

function RecentRuns({runs}: {runs: readonly RunOverview[]}): ComponentChild {
  return h(
    'section',
    {class: 'block'},
    h('h2', null, 'Recent runs'),
    h(
      List,
      {
        label: 'Recent runs',
        class: 'recent',
        columns: ['Run', 'Started', 'Jobs', 'To review', 'Delivered', 'Failed', 'USD'],
        numbers: 5,
        wideOnly: ['Started', 'Jobs', 'Delivered'],
      },
      runs.map(run =>
        h(
          'tr',
          {key: run.id},
          h(
            'td',
            null,
            h('a', {href: `/r/${run.id}`}, run.id),
            // What is as it should be needs no word in every line.
            run.state === 'finished' ? null : [' ', h(StateBadge, {run})],
            h('span', {class: 'muted under narrow-only'}, moment(run.startedAt)),
            run.description === undefined
              ? null
              : h('span', {class: 'muted clip under'}, h(Text, {of: run.description})),
          ),
          h('td', {class: 'nowrap wide-only'}, moment(run.startedAt)),
          h('td', {class: 'number wide-only'}, number(run.counts.total)),
          h(Count, {value: run.toReview, style: 'state-to-review'}),
          h('td', {class: 'number wide-only'}, number(run.standings.delivered ?? 0)),
          h(Count, {value: run.standings.failed ?? 0, style: 'state-failed'}),
          h('td', {class: 'number'}, usd(run.spentUsd)),
        ),
      ),
    ),
  );
}

function Count({value, style}: {value: number; style: string}): ComponentChild {
  return h('td', {class: `number ${value === 0 ? 'muted' : style}`}, number(value));
}
