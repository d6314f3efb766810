import {type ComponentChild, h} from 'preact';
import {type ReviewItem, standingAfter} from '../api.ts';
import {count} from './format.ts';
import {Diffstat} from './pieces.ts';
import {entriesOf, type Queue, select} from './review-queue.ts';
import {Text} from './text.ts';

export interface ListProps {
  readonly queue: Queue;
  setQueue(queue: Queue): void;
  /** Asks for the changes after these. */
  reload(): void;
  readonly more: number;
}

export function ReviewList({queue, setQueue, more, reload}: ListProps): ComponentChild {
  const entries = entriesOf(queue);
  const current = queue.items[queue.at];
  const hasGroups = new Set(queue.items.map(({patchId}) => patchId)).size < queue.items.length;
  return h(
    'nav',
    {class: 'queue', 'aria-label': 'Changes'},
    hasGroups
      ? h(
          'label',
          {class: 'choice'},
          h('input', {
            type: 'checkbox',
            checked: queue.isGrouped,
            onChange: () => setQueue({...queue, isGrouped: !queue.isGrouped}),
          }),
          ' Group the same change ',
          h('kbd', null, 'g'),
        )
      : null,
    h(
      'ol',
      null,
      entries.map(entry => {
        const [first] = entry.items;
        const open = entry.items.filter(({decision}) => decision === 'pending').length;
        const isCurrent = entry.items.includes(current!);
        return h(
          'li',
          {key: `${first!.run}/${first!.job}`},
          h(
            'button',
            {
              type: 'button',
              ...(isCurrent ? {'aria-current': 'true' as const} : {}),
              class: open === 0 ? 'settled' : '',
              onClick: () => setQueue(select(queue, entry)),
            },
            h(
              'span',
              {class: 'queue-name'},
              entry.items.length > 1 ? `${entry.items.length} repos` : h(Text, {of: first!.repo}),
            ),
            h('span', {class: 'muted'}, h(Text, {of: first!.skill})),
            h('span', {class: 'queue-state'}, h(EntryState, {item: first!, isOpen: open > 0})),
          ),
        );
      }),
    ),
    more > 0
      ? h('button', {type: 'button', class: 'link', onClick: reload}, `${count(more, 'more change')} after these`)
      : null,
  );
}

function EntryState({item, isOpen}: {item: ReviewItem; isOpen: boolean}): ComponentChild {
  if (!isOpen) return h('span', {class: `state-${standingAfter[item.decision]}`}, item.decision);
  if (item.failedChecks > 0) return h('span', {class: 'state-failed'}, '✗ check');
  if (item.findings > 0) return h('span', {class: 'state-not-started'}, '! held');
  return h(Diffstat, {of: item});
}
