import {type ComponentChild, Fragment, h} from 'preact';
import type {JobRow, RunOverview, Tonight} from '../api.ts';
import {ActionBar} from './actions.ts';
import {count, moment, spentText, timesText, usd} from './format.ts';
import {useLive} from './live.ts';
import {Counts, List, Progress, StateBadge, Waiting} from './pieces.ts';
import {Text} from './text.ts';
import {useData} from './use-data.ts';

/** Last night, now, next, and what there is to decide. */
export function TonightPage(): ComponentChild {
  const {value, error, reload} = useData<Tonight>('/api/tonight');
  useLive(event => {
    if (event.type === 'run' || event.type === 'reset' || event.type === 'command') reload();
  });
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
    value.running.map(run => h(RunningNow, {key: run.id, run})),
    value.last === undefined
      ? null
      : h(LastNight, {run: value.last, failures: value.failures, toReview: value.toReview}),
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

function LastNight({
  run,
  failures,
  toReview,
}: {
  run: RunOverview;
  failures: readonly JobRow[];
  toReview: number;
}): ComponentChild {
  const elsewhere = toReview - run.toReview;
  return h(
    'section',
    {class: 'hero'},
    h('p', {class: 'eyebrow'}, 'Last night'),
    h('h1', null, headline(run)),
    h(
      'p',
      {class: 'muted'},
      h('a', {href: `/r/${run.id}`}, run.id),
      ` · ${timesText(run)} · ${spentText(run)} · `,
      h(StateBadge, {run}),
    ),
    h(Counts, {counts: run.counts, held: run.held}),
    h(ActionBar, {run, review: true}),
    elsewhere > 0
      ? h(
          'p',
          {class: 'muted'},
          h('a', {href: '/review'}, `${count(elsewhere, 'change')} of earlier runs`),
          ' wait, too.',
        )
      : null,
    failures.length === 0
      ? null
      : h(
          'ul',
          {class: 'failures'},
          failures.map(row =>
            h(
              'li',
              {key: row.id},
              h('span', {class: `sign state-${row.state}`, 'aria-hidden': 'true'}, row.state === 'held' ? '!' : '✗'),
              h('a', {href: `/r/${run.id}/${row.id}`}, h(Text, {of: row.repo})),
              h('span', {class: 'muted'}, ' ', h(Text, {of: row.skill})),
              h('span', {class: 'reason'}, ' ', row.reason ?? ''),
              h('span', {class: 'muted clip'}, ' ', h(Text, {of: row.message ?? ''})),
            ),
          ),
        ),
  );
}

function headline({counts, held = 0, toReview, state}: RunOverview): string {
  const failed = counts.failed === held ? '' : count(counts.failed - held, 'failure');
  if (state === 'interrupted') return 'The run was interrupted';
  if (toReview > 0) return `${count(toReview, 'change')} to review${failed === '' ? '' : `, ${failed}`}`;
  if (failed !== '') return failed;
  if (counts.notStarted > 0) return `${count(counts.notStarted, 'job')} not started`;
  return counts.changed > 0 ? `${count(counts.changed, 'change')}, nothing to decide` : 'Nothing new';
}

function RunningNow({run}: {run: RunOverview}): ComponentChild {
  return h(
    'section',
    {class: 'block'},
    h('p', {class: 'eyebrow'}, 'Now'),
    h('h2', null, h('a', {href: `/r/${run.id}`}, run.id), ' ', h(StateBadge, {run})),
    h(Progress, {counts: run.counts}),
    h(Counts, {counts: run.counts, held: run.held}),
    h('p', {class: 'muted'}, `${spentText(run)} on `, h(Text, {of: run.host})),
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
        columns: ['Run', 'Started', 'Jobs', 'Failed', 'Changed', 'To review', 'USD'],
        numbers: 5,
      },
      runs.map(run =>
        h(
          'tr',
          {key: run.id},
          h(
            'td',
            null,
            h('a', {href: `/r/${run.id}`}, run.id),
            ' ',
            h(StateBadge, {run}),
            run.description === undefined
              ? null
              : h('span', {class: 'muted clip under'}, h(Text, {of: run.description})),
          ),
          h('td', null, moment(run.startedAt)),
          h('td', {class: 'number'}, run.counts.total.toLocaleString('en')),
          h('td', {class: `number ${run.counts.failed > 0 ? 'state-failed' : 'muted'}`}, run.counts.failed),
          h('td', {class: 'number'}, run.counts.changed),
          h('td', {class: 'number'}, run.toReview),
          h('td', {class: 'number'}, usd(run.spentUsd)),
        ),
      ),
    ),
  );
}
