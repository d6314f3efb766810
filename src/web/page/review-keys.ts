import {type ComponentChild, h} from 'preact';
import {Dialog} from './dialog.ts';

const keys = [
  ['j / k', 'next, previous'],
  ['a', 'accept'],
  ['A', 'accept all that are the same change'],
  ['r', 'reject, with a reason: w u s r, then Enter'],
  ['R', 'reject all that are the same change'],
  ['u', 'undo the last decision'],
  ['g', 'group the same change, or list each'],
  ['o', 'open the job: transcript, checks, log'],
  ['?', 'these keys'],
] as const;

/** What the keys of the review do. */
export function ReviewKeys({onClose}: {onClose(): void}): ComponentChild {
  return h(
    Dialog,
    {title: 'Keys', onClose},
    h(
      'dl',
      {class: 'keys'},
      keys.map(([key, meaning]) => h('div', null, h('dt', null, h('kbd', null, key)), h('dd', null, meaning))),
    ),
    h('p', {class: 'muted'}, 'Nothing leaves this machine by deciding; Deliver asks once more.'),
    h('div', {class: 'actions'}, h('button', {type: 'button', class: 'button', onClick: onClose}, 'Close')),
  );
}
