import {type ComponentChild, Fragment, h} from 'preact';
import {useRef, useState} from 'preact/hooks';
import {type JobFilter, jobFilters, type RunOverview, type Timeline} from '../api.ts';
import {ActionBar} from './actions.ts';
import {spentText, timesText, usd} from './format.ts';
import {JobTable} from './job-table.ts';
import {useLive} from './live.ts';
import {Counts, Progress, StateBadge, Waiting} from './pieces.ts';
import {replacePlace} from './router.ts';
import {Text} from './text.ts';
import {TimelineCharts} from './timeline-charts.ts';
import {useData} from './use-data.ts';
import {useJobs} from './use-jobs.ts';

/** One run: counts, what can be done, every job, cost and pace. */
export function RunPage({run, place}: {run: string; place: URL}): ComponentChild {
  const {value, error} = useData<{overview: RunOverview}>(`/api/runs/${run}`);
  const [newest, setNewest] = useState<RunOverview>();
  useLive(event => {
    if (event.type === 'run' && event.run.id === run) setNewest(event.run);
  });
  const overview = newest ?? value?.overview;
  if (overview === undefined) return h(Waiting, {error});
  return h(
    Fragment,
    null,
    h(
      'section',
      {class: 'hero'},
      h('h1', null, overview.id, ' ', h(StateBadge, {run: overview})),
      overview.description === undefined ? null : h('p', null, h(Text, {of: overview.description})),
      h(
        'p',
        {class: 'muted'},
        `${timesText(overview)} · ${spentText(overview)}`,
        overview.reservedUsd > 0 ? `, ${usd(overview.reservedUsd)} reserved for calls in flight` : '',
        overview.endReason === undefined ? '' : ` · ${overview.endReason}`,
      ),
      overview.state === 'running' ? h(Progress, {counts: overview.counts}) : null,
      h(Counts, {counts: overview.counts, held: overview.held}),
      h(ActionBar, {run: overview, review: true}),
    ),
    h(Jobs, {run, place}),
    h(Pace, {run, isRunning: overview.state === 'running'}),
  );
}

const filterNames: Readonly<Record<JobFilter, string>> = {
  all: 'All',
  failed: 'Failed',
  held: 'Held',
  review: 'To review',
  changed: 'Changed',
  unchanged: 'Unchanged',
  open: 'Open',
};

function Jobs({run, place}: {run: string; place: URL}): ComponentChild {
  const filter = jobFilters.find(known => known === place.searchParams.get('filter')) ?? 'all';
  const [text, setText] = useState(place.searchParams.get('text') ?? '');
  const typing = useRef(0);
  const [searched, setSearched] = useState(text);
  const jobs = useJobs(run, filter, searched);
  const choose = (next: JobFilter): void => replacePlace(next === 'all' ? `/r/${run}` : `/r/${run}?filter=${next}`);
  const type = (typed: string): void => {
    setText(typed);
    clearTimeout(typing.current);
    typing.current = window.setTimeout(() => setSearched(typed), 150);
  };
  return h(
    'section',
    {class: 'block'},
    h('h2', {class: 'unseen'}, 'Jobs'),
    h(
      'div',
      {class: 'filters'},
      h(
        'div',
        {role: 'group', 'aria-label': 'Which jobs', class: 'tabs'},
        jobFilters
          .filter(name => name === 'all' || name === filter || (jobs.counts?.[name] ?? 0) > 0)
          .map(name =>
            h(
              'button',
              {type: 'button', 'aria-pressed': name === filter, onClick: () => choose(name)},
              filterNames[name],
              ' ',
              h('span', {class: 'tally'}, jobs.counts?.[name].toLocaleString('en') ?? ''),
            ),
          ),
      ),
      h('input', {
        type: 'search',
        'aria-label': 'Filter by text',
        placeholder: 'repo, skill, cause …',
        value: text,
        onInput: event => type(event.currentTarget.value),
      }),
    ),
    h(JobTable, {run, jobs}),
  );
}

function Pace({run, isRunning}: {run: string; isRunning: boolean}): ComponentChild {
  const {value, reload} = useData<Timeline>(`/api/runs/${run}/timeline`);
  const last = useRef(0);
  useLive(event => {
    if (!isRunning || event.type !== 'run' || event.run.id !== run || Date.now() - last.current < 10_000) return;
    last.current = Date.now();
    reload();
  });
  return value === undefined || value.minutes.length < 2 ? null : h(TimelineCharts, {timeline: value});
}
