import {type ComponentChild, Fragment, h} from 'preact';
import {useRef, useState} from 'preact/hooks';
import {type JobFilter, jobFilters, type RunOverview, type Timeline} from '../api.ts';
import {ActionBar} from './action-bar.ts';
import {spentText, timesText, usd} from './format.ts';
import {JobTable} from './job-table.ts';
import {WhereTo} from './last-night.ts';
import {useLive} from './live.ts';
import {progressText, StateBadge} from './pieces.ts';
import {Waiting} from './problem.ts';
import {replacePlace} from './router.ts';
import {StateBar} from './state-bar.ts';
import {Text} from './text.ts';
import {TimelineCharts} from './timeline-charts.ts';
import {useData} from './use-data.ts';
import {useJobs} from './use-jobs.ts';
import {type RunCommands, useRunCommands} from './use-run-commands.ts';
import {useTitle} from './use-title.ts';

/** One run: where its jobs stand, what can be done, every job, cost and pace. */
export function RunPage({run, place}: {run: string; place: URL}): ComponentChild {
  const {value, error} = useData<{overview: RunOverview}>(`/api/runs/${run}`);
  const [newest, setNewest] = useState<RunOverview>();
  useLive(event => {
    if (event.type === 'run' && event.run.id === run) setNewest(event.run);
  });
  useTitle(run);
  const overview = newest ?? value?.overview;
  return overview === undefined ? h(Waiting, {error}) : h(Run, {overview, place});
}

function Run({overview, place}: {overview: RunOverview; place: URL}): ComponentChild {
  const commands = useRunCommands(overview);
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
        overview.state === 'running' ? ` · ${progressText(overview)}` : '',
        overview.endReason === undefined ? '' : ` · ${overview.endReason}`,
      ),
      h(ActionBar, {run: overview, commands}),
      h(WhereTo, {run: overview}),
    ),
    h(Jobs, {overview, place, commands}),
    h(Pace, {run: overview.id, isRunning: overview.state === 'running'}),
  );
}

interface JobsProps {
  readonly overview: RunOverview;
  readonly place: URL;
  readonly commands: RunCommands;
}

function Jobs({overview, place, commands}: JobsProps): ComponentChild {
  const run = overview.id;
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
      h(StateBar, {counts: overview.standings, chosen: filter, onChoose: choose}),
      h('input', {
        type: 'search',
        'aria-label': 'Filter by text',
        placeholder: 'repo, skill, cause …',
        value: text,
        onInput: event => type(event.currentTarget.value),
      }),
    ),
    h(JobTable, {overview, jobs, commands}),
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
