import {type ComponentChild, Fragment, h} from 'preact';
import type {JobView, PromptView} from '../api.ts';
import {count, number} from './format.ts';
import {Waiting} from './problem.ts';
import {Text} from './text.ts';
import {useData} from './use-data.ts';

/** What the model was asked, made again from commit and skill, with the proof that it is that; and what it was not shown. */
export function PromptTab({view}: {view: JobView}): ComponentChild {
  const {value, error} = useData<PromptView>(`/api/runs/${view.run}/jobs/${view.row.id}/prompt`);
  if (value === undefined) return h(Waiting, {error});
  return h(
    'div',
    {class: 'prompt'},
    h(Proof, {prompt: value}),
    view.mode === 'agent' && value.texts.length > 0
      ? h('p', {class: 'muted'}, 'The first request. What was said after it stands in the transcript.')
      : null,
    h(NotShown, {prompt: value}),
    value.texts.map(({name, text, cut}) =>
      h(
        'details',
        {key: name, open: name !== 'Tools'},
        h(
          'summary',
          null,
          h('strong', null, name),
          h('span', {class: 'muted'}, ` ${count(text.length + cut, 'character')}`),
        ),
        h('pre', {class: 'raw', tabIndex: 0}, h(Text, {of: text})),
        cut === 0
          ? null
          : h(
              'p',
              {class: 'muted'},
              `${count(cut, 'more character')}; all of it: orchestrator explain REPO --prompt --run RUN`,
            ),
      ),
    ),
  );
}

const verdicts = {
  exact: ['notice notice-good', 'Exactly what was sent.'],
  differs: ['notice', 'Made again, and not the same as what was sent.'],
  unproven: ['notice notice-plain', 'Made again, without a reply to compare it with.'],
  none: ['notice notice-plain', 'There is no prompt to show.'],
} as const;

function Proof({prompt}: {prompt: PromptView}): ComponentChild {
  const [style, words] = verdicts[prompt.kind];
  const {digest, sentDigest, commit} = prompt;
  return h(
    'div',
    {class: style},
    h('p', null, h('strong', null, words)),
    prompt.notes.map(note => h('p', null, h(Text, {of: note}))),
    digest === undefined
      ? null
      : h(
          'p',
          {class: 'muted'},
          'Digest ',
          h('code', null, digest.slice(0, 16)),
          sentDigest === undefined || sentDigest === digest
            ? null
            : [', sent ', h('code', null, sentDigest.slice(0, 16))],
          commit === undefined ? null : [' · commit ', h('code', null, commit.slice(0, 12))],
        ),
  );
}

function NotShown({prompt: {files, leftOut, texts}}: {prompt: PromptView}): ComponentChild {
  if (texts.length === 0) return null;
  const heldBack = leftOut.filter(({reason}) => reason === 'secret');
  const others = leftOut.filter(({reason}) => reason !== 'secret');
  const cut = files.filter(file => file.cut).length;
  return h(
    Fragment,
    null,
    h(
      'p',
      null,
      `${count(files.length, 'file')} shown${cut === 0 ? '' : `, of ${number(cut)} the beginning`}`,
      ` · ${number(heldBack.length)} held back · ${number(others.length)} left out`,
    ),
    heldBack.length === 0
      ? null
      : h(
          'ul',
          {class: 'plain'},
          heldBack.map(({path, detail}) =>
            h(
              'li',
              null,
              h('span', {class: 'chip chip-warn'}, 'held back'),
              ' ',
              h('code', null, h(Text, {of: path})),
              h('span', {class: 'muted'}, ' ', h(Text, {of: detail ?? ''})),
            ),
          ),
        ),
    others.length === 0 ? null : h(LeftOutList, {all: others}),
  );
}

function LeftOutList({all}: {all: PromptView['leftOut']}): ComponentChild {
  return h(
    'details',
    null,
    h('summary', null, count(all.length, 'file'), ' left out'),
    h(
      'ul',
      {class: 'plain left-out'},
      all.map(({path, reason}) =>
        h('li', null, h('code', null, h(Text, {of: path})), h('span', {class: 'muted'}, ` ${reason}`)),
      ),
    ),
  );
}
