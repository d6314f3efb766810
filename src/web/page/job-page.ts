import {type ComponentChild, Fragment, h} from 'preact';
import {useState} from 'preact/hooks';
import {duration} from '../../util/duration.ts';
import {type DecisionKind, isToReview, type JobView} from '../api.ts';
import {RejectDialog} from './actions.ts';
import {ChangeNotes, PolicyList, VerifyList} from './change-notes.ts';
import {DiffView} from './diff-view.ts';
import {usd} from './format.ts';
import {useLive} from './live.ts';
import {Alert, RowState, Waiting} from './pieces.ts';
import {replacePlace} from './router.ts';
import {Text} from './text.ts';
import {useData} from './use-data.ts';
import {useDecide, type Why} from './use-decide.ts';

/** One job: what it changed and why, how it was checked, what was said, and what to do next. */
export function JobPage({run, job, place}: {run: string; job: string; place: URL}): ComponentChild {
  const {value, error, reload} = useData<JobView>(`/api/runs/${run}/jobs/${job}`);
  useLive(event => {
    if (event.type === 'jobs' && event.run === run && event.rows.some(row => row.id === job)) reload();
  });
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
      h('p', {class: 'eyebrow'}, h('a', {href: `/r/${run}`}, run), ' / ', h(Text, {of: row.skill})),
      h('h1', null, h(Text, {of: row.repo})),
      h(
        'p',
        null,
        h(RowState, {row}),
        row.reason === undefined || row.state === 'held' ? null : h('strong', null, ` ${row.reason}`),
        row.message === undefined ? null : h('span', null, ' · ', h(Text, {of: row.message})),
      ),
      value.next === undefined
        ? null
        : h('p', {class: 'notice'}, value.cause, ' ', h('strong', null, 'Next: '), h(Text, {of: value.next})),
      h(Facts, {view: value}),
      isToReview(row) || row.decision === 'accepted' || row.decision === 'rejected'
        ? h(Decide, {view: value, reload})
        : null,
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

/** Only what this job can have. */
function tabsOf(view: JobView): Tab[] {
  const {change, transcript, events} = view;
  return [
    ...(change === undefined
      ? []
      : [
          {
            id: 'diff',
            name: 'Diff',
            tally: change.files.length,
            show: () => h(Fragment, null, h(ChangeNotes, {change}), h(DiffView, {files: change.files})),
          },
          ...(change.verified.length === 0
            ? []
            : [{id: 'checks', name: 'Checks', tally: change.verified.length, show: () => h(VerifyList, {change})}]),
          ...(change.findings.length === 0
            ? []
            : [{id: 'policy', name: 'Policy', tally: change.findings.length, show: () => h(PolicyList, {change})}]),
        ]),
    ...(transcript.length === 0 ? [] : [{id: 'transcript', name: 'Transcript', show: () => h(Transcript, {view})}]),
    {id: 'events', name: 'Events', tally: events.length, show: () => h(Events, {view})},
    {
      id: 'raw',
      name: 'Raw',
      show: () => h('pre', {class: 'raw', tabIndex: 0}, h(Text, {of: JSON.stringify(view.raw, undefined, 2)})),
    },
  ];
}

function Facts({view}: {view: JobView}): ComponentChild {
  const {row, tokens, delivered} = view;
  const facts: (readonly [string, preact.ComponentChildren])[] = [
    [
      'Cost',
      `${usd(row.costUsd)}${row.costUsd == null ? '' : ' USD'}${view.replayed ? ', from a recorded reply' : ''}`,
    ],
    ['Time', row.durationMs === undefined ? '' : duration(row.durationMs)],
    ['Mode', view.mode],
    ['Model', view.model === null ? '' : h(Text, {of: view.model})],
    [
      'Tokens',
      tokens.input + tokens.output === 0
        ? ''
        : `${tokens.input.toLocaleString('en')} in, ${tokens.output.toLocaleString('en')} out`,
    ],
    ['Output', h(Text, {of: view.output})],
    [
      'Delivery',
      h(
        Fragment,
        null,
        delivered?.kind ?? view.deliver,
        delivered?.branch === undefined ? '' : h(Fragment, null, ' · ', h(Text, {of: delivered.branch})),
        delivered?.url === undefined ? '' : h(Fragment, null, ' · ', h(Text, {of: delivered.url})),
      ),
    ],
    ['Held back', view.heldBack.length === 0 ? '' : h(Text, {of: view.heldBack.join(', ')})],
  ];
  return h(
    'dl',
    {class: 'facts'},
    facts
      .filter(([, value]) => value !== '')
      .map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))),
  );
}

function Decide({view, reload}: {view: JobView; reload(): void}): ComponentChild {
  const {problem, decide} = useDecide();
  const [isRejecting, setRejecting] = useState(false);
  const decideOn = async (kind: DecisionKind, why?: Why): Promise<void> => {
    setRejecting(false);
    if (await decide([{run: view.run, job: view.row.id}], kind, why)) reload();
  };
  const {decision} = view.row;
  return h(
    'div',
    {class: 'actions'},
    decision === 'pending'
      ? [
          h('button', {type: 'button', class: 'button primary', onClick: () => void decideOn('accepted')}, 'Accept'),
          h('button', {type: 'button', class: 'button', onClick: () => setRejecting(true)}, 'Reject…'),
        ]
      : [
          h('span', {class: decision === 'accepted' ? 'state-changed' : 'state-failed'}, decision),
          view.row.delivered
            ? null
            : h('button', {type: 'button', class: 'button', onClick: () => void decideOn('pending')}, 'Undo'),
        ],
    h(Alert, {text: problem}),
    isRejecting
      ? h(RejectDialog, {
          what: `${view.row.skill}/${view.row.repo}`,
          onClose: () => setRejecting(false),
          onReject: (why, text) => void decideOn('rejected', {why, text}),
        })
      : null,
  );
}

function Transcript({view}: {view: JobView}): ComponentChild {
  return h(
    'ol',
    {class: 'transcript'},
    view.transcript.map((entry, index) =>
      h(
        'li',
        {key: index, class: `said-by-${entry.role}${entry.isError ? ' said-error' : ''}`},
        h(
          'p',
          {class: 'who'},
          entry.role,
          entry.title === undefined ? null : h('span', {class: 'muted'}, ' · ', h(Text, {of: entry.title})),
        ),
        h('pre', {tabIndex: 0}, h(Text, {of: entry.text})),
      ),
    ),
  );
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
