import {type ComponentChild, Fragment, h} from 'preact';
import type {ChangeView, JobView} from '../api.ts';
import {ChangeNotes, PolicyList, VerifyList} from './change-notes.ts';
import {DiffView} from './diff-view.ts';
import {JobActions} from './job-actions.ts';
import {JobFacts} from './job-facts.ts';
import {useLive} from './live.ts';
import {Doubt, RowState} from './pieces.ts';
import {Waiting} from './problem.ts';
import {PromptTab} from './prompt-tab.ts';
import {replacePlace} from './router.ts';
import {SkillLink} from './skill-link.ts';
import {Text} from './text.ts';
import {Transcript} from './transcript.ts';
import {useData} from './use-data.ts';
import {useTitle} from './use-title.ts';

/** One job: what it changed and why, how it was checked, what was said, and what to do next. */
export function JobPage({run, job, place}: {run: string; job: string; place: URL}): ComponentChild {
  const {value, error, reload} = useData<JobView>(`/api/runs/${run}/jobs/${job}`);
  useLive(event => {
    if (event.type === 'jobs' && event.run === run && event.rows.some(row => row.id === job)) reload();
  });
  useTitle(value === undefined ? run : `${value.row.repo} · ${value.row.skill}`);
  if (value === undefined) return h(Waiting, {error});
  const tabs = tabsOf(value);
  const current = tabs.find(({id}) => id === place.searchParams.get('tab')) ?? tabs[0]!;
  const {row} = value;
  return h(
    Fragment,
    null,
    h(
      'section',
      {class: 'hero'},
      h('p', {class: 'eyebrow'}, h('a', {href: `/r/${run}`}, run), ' / ', h(SkillLink, {name: row.skill})),
      h('h1', null, h(Text, {of: row.repo})),
      h(
        'p',
        null,
        h(RowState, {row}),
        ' ',
        h(Doubt, {row}),
        row.message === undefined ? null : h('span', null, ' · ', h(Text, {of: row.message})),
      ),
      value.next === undefined
        ? null
        : h('p', {class: 'notice'}, value.cause, ' ', h('strong', null, 'Next: '), h(Text, {of: value.next})),
      h(JobActions, {view: value, reload}),
      h(JobFacts, {view: value}),
    ),
    h(
      'div',
      {class: 'block'},
      h(
        'div',
        {role: 'tablist', 'aria-label': 'Parts of the job', class: 'tabs', onKeyDown: moveBetweenTabs},
        tabs.map(tab =>
          h(
            'button',
            {
              type: 'button',
              role: 'tab',
              id: `tab-${tab.id}`,
              'aria-selected': tab === current,
              'aria-controls': 'panel',
              tabIndex: tab === current ? 0 : -1,
              onClick: () => replacePlace(`/r/${run}/${job}?tab=${tab.id}`),
            },
            tab.name,
            tab.tally === undefined ? null : h('span', {class: 'tally'}, ` ${tab.tally}`),
          ),
        ),
      ),
      h('div', {role: 'tabpanel', id: 'panel', 'aria-labelledby': `tab-${current.id}`, class: 'panel'}, current.show()),
    ),
  );
}

interface Tab {
  readonly id: string;
  readonly name: string;
  readonly tally?: number;
  show(): ComponentChild;
}

/** Only what this job can have; the first is shown when nothing else is asked for. */
function tabsOf(view: JobView): Tab[] {
  const {change, transcript, events, mode} = view;
  const prompt: Tab = {id: 'prompt', name: 'Prompt sent', show: () => h(PromptTab, {view})};
  const log: Tab = {id: 'events', name: 'Events', tally: events.length, show: () => h(Events, {view})};
  const rest = mode === 'script' || transcript.length === 0 ? [log, prompt] : [prompt, log];
  return [
    ...(change === undefined ? [] : [diffTab(change), ...checksTab(change)]),
    ...(transcript.length === 0 ? [] : [{id: 'transcript', name: 'Transcript', show: () => h(Transcript, {view})}]),
    ...(change === undefined ? rest : [prompt]),
    ...(change === undefined || change.findings.length === 0
      ? []
      : [{id: 'policy', name: 'Policy', tally: change.findings.length, show: () => h(PolicyList, {change})}]),
    ...(change === undefined ? [] : [log]),
    {
      id: 'raw',
      name: 'Raw',
      show: () => h('pre', {class: 'raw', tabIndex: 0}, h(Text, {of: JSON.stringify(view.raw, undefined, 2)})),
    },
  ];
}

function diffTab(change: ChangeView): Tab {
  return {
    id: 'diff',
    name: 'Diff',
    tally: change.files.length,
    show: () => h(Fragment, null, h(ChangeNotes, {change}), h(DiffView, {files: change.files})),
  };
}

function checksTab(change: ChangeView): Tab[] {
  const {length} = change.verified;
  return length === 0 ? [] : [{id: 'checks', name: 'Checks', tally: length, show: () => h(VerifyList, {change})}];
}

function Events({view}: {view: JobView}): ComponentChild {
  if (view.events.length === 0) return h('p', {class: 'muted'}, 'The log of the run has no line about this job.');
  return h('pre', {class: 'raw', tabIndex: 0}, h(Text, {of: view.events.join('\n')}));
}

function moveBetweenTabs(event: KeyboardEvent): void {
  const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  if (step === 0) return;
  const tabs = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>('[role=tab]')];
  const next = tabs[(tabs.indexOf(document.activeElement as HTMLElement) + step + tabs.length) % tabs.length];
  next?.focus();
  next?.click();
}
