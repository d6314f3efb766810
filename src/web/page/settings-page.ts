import {type ComponentChild, Fragment, h} from 'preact';
import type {CheckView, SettingsView} from '../api.ts';
import {Waiting} from './problem.ts';
import {Text} from './text.ts';
import {useData} from './use-data.ts';
import {useTitle} from './use-title.ts';

/** What is configured, and whether this machine is fit for a night. Read only: it is written in files. */
export function SettingsPage(): ComponentChild {
  const {value, error} = useData<SettingsView>('/api/settings');
  useTitle('Settings');
  return h(
    Fragment,
    null,
    h(
      'section',
      {class: 'hero'},
      h('h1', null, 'Settings'),
      h('p', {class: 'muted'}, 'As they are in the files of this machine. To change them, edit the files.'),
    ),
    h(Doctor, {}),
    value === undefined ? h(Waiting, {error}) : h(Files, {settings: value}),
  );
}

const signs = {
  ok: ['✓', 'state-delivered', 'ok'],
  warning: ['!', 'state-not-started', 'worth a look'],
  failure: ['✗', 'state-failed', 'keeps runs from working'],
} as const;

function Doctor(): ComponentChild {
  const {value, error, reload} = useData<CheckView[]>('/api/doctor');
  return h(
    'section',
    {class: 'block', 'aria-busy': value === undefined},
    h(
      'div',
      {class: 'section-head'},
      h('h2', null, 'This machine'),
      h(
        'button',
        {type: 'button', class: 'button small', disabled: value === undefined, onClick: reload},
        'Check again',
      ),
    ),
    error !== undefined && value === undefined
      ? h('p', {class: 'notice notice-bad'}, h(Text, {of: error.message}))
      : value === undefined
        ? h('p', {class: 'muted'}, 'Looking: node, git, keys, the sandbox, the files …')
        : h(
            'table',
            {class: 'list cards checks', 'aria-label': 'Checks'},
            h(
              'tbody',
              null,
              value.map(check => h(Check, {key: `${check.name} ${check.message}`, check})),
            ),
          ),
  );
}

function Check({check: {name, status, message, fix}}: {check: CheckView}): ComponentChild {
  const [sign, style, word] = signs[status];
  return h(
    'tr',
    null,
    h(
      'th',
      {scope: 'row'},
      h('span', {class: `sign ${style}`, 'aria-hidden': 'true'}, sign),
      h('span', {class: 'unseen'}, `${word}: `),
      h(Text, {of: name}),
    ),
    h(
      'td',
      {class: 'wrap'},
      h(Text, {of: message}),
      fix === undefined ? null : h('span', {class: 'under'}, h('strong', null, 'Fix: '), h(Text, {of: fix})),
    ),
  );
}

function Files({settings: {places, files}}: {settings: SettingsView}): ComponentChild {
  return h(
    'section',
    {class: 'block prompt'},
    h('h2', null, 'Files'),
    h(
      'dl',
      {class: 'facts'},
      places.map(({name, path}) => h('div', null, h('dt', null, name), h('dd', null, h(Text, {of: path})))),
    ),
    files.length === 0
      ? h('p', {class: 'muted'}, 'There are none. Begin with: ', h('code', null, 'orchestrator init'))
      : null,
    files.map(({path, text, problem}) =>
      h(
        'details',
        {key: path},
        h('summary', null, h('code', null, h(Text, {of: path}))),
        text === undefined
          ? h('p', {class: 'notice'}, h(Text, {of: problem ?? ''}))
          : h('pre', {class: 'raw', tabIndex: 0}, h(Text, {of: text})),
      ),
    ),
  );
}
