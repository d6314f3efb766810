import {type ComponentChild, Fragment, h} from 'preact';
import {useEffect, useState} from 'preact/hooks';
import type {ChangeView, DecisionKind, ReviewItem, ReviewQueue, RunOverview} from '../api.ts';
import {ActionBar, RejectDialog} from './actions.ts';
import {ChangeNotes} from './change-notes.ts';
import {DiffView} from './diff-view.ts';
import {count} from './format.ts';
import {useLive} from './live.ts';
import {Alert, Diffstat, Waiting} from './pieces.ts';
import {ReviewKeys} from './review-keys.ts';
import {type ListProps, ReviewList} from './review-list.ts';
import {alikeOf, decided, type Queue, step, undone} from './review-queue.ts';
import {goTo} from './router.ts';
import {Text} from './text.ts';
import {useData} from './use-data.ts';
import {useDecide, type Why} from './use-decide.ts';
import {useKeys} from './use-keys.ts';

/** One decision at a time. Deciding moves nothing: what was accepted waits for deliver. */
export function ReviewPage({place}: {place: URL}): ComponentChild {
  const run = place.searchParams.get('run');
  const {value, error, reload} = useData<ReviewQueue>(`/api/review${run === null ? '' : `?run=${run}`}`);
  const [queue, setQueue] = useState<Queue>();
  useEffect(() => {
    if (value !== undefined) setQueue({items: value.items, at: 0, isGrouped: true, done: []});
  }, [value]);
  if (queue === undefined) return h(Waiting, {error});
  if (queue.items.length === 0) return h(Done, {run});
  return h(Work, {queue, setQueue, reload, more: value?.more ?? 0});
}

function Work({queue, setQueue, reload, more}: ListProps): ComponentChild {
  const [dialog, setDialog] = useState<'reject' | 'keys'>();
  const {problem, decide: send} = useDecide();
  const current = queue.items[queue.at]!;
  const alike = alikeOf(queue);
  const decide = async (items: readonly ReviewItem[], kind: DecisionKind, why?: Why): Promise<void> => {
    setDialog(undefined);
    if (items.length > 0 && (await send(items, kind, why))) setQueue(decided(queue, items, kind));
  };
  const undo = async (): Promise<void> => {
    const last = queue.done.at(-1);
    if (last !== undefined && (await send(last, 'pending'))) setQueue(undone(queue));
  };
  const accept = (): Promise<void> => decide(current.decision === 'pending' ? [current] : [], 'accepted');
  const acceptAlike = (): Promise<void> => decide(alike, 'accepted');
  useKeys(
    dialog === undefined
      ? {
          j: () => setQueue(step(queue, 1)),
          k: () => setQueue(step(queue, -1)),
          a: () => void accept(),
          A: () => void acceptAlike(),
          r: () => current.decision === 'pending' && setDialog('reject'),
          u: () => void undo(),
          g: () => setQueue({...queue, isGrouped: !queue.isGrouped}),
          o: () => goTo(`/r/${current.run}/${current.job}`),
          '?': () => setDialog('keys'),
        }
      : {},
  );
  const left = queue.items.filter(({decision}) => decision === 'pending').length;
  const position = queue.items.length - left + (current.decision === 'pending' ? 1 : 0);
  return h(
    'div',
    {class: 'review'},
    h(ReviewList, {queue, setQueue, more, reload}),
    h(
      'div',
      {class: 'review-main'},
      h(
        'div',
        {class: 'review-head'},
        h(
          'p',
          {class: 'eyebrow', 'aria-live': 'polite'},
          left === 0 ? `All ${queue.items.length} decided` : `${position} of ${queue.items.length}`,
        ),
        h('h1', null, h(Text, {of: current.repo}), h('span', {class: 'muted thin'}, ' ', h(Text, {of: current.skill}))),
        h(
          'p',
          {class: 'muted'},
          h(Diffstat, {of: current}),
          ` in ${count(current.files.length, 'file')} · `,
          h('a', {href: `/r/${current.run}/${current.job}`}, 'the job'),
          current.decision === 'pending' ? '' : ` · ${current.decision}`,
        ),
        alike.length > 1
          ? h(
              'p',
              {class: 'notice'},
              h('strong', null, `The same change in ${alike.length} repos: `),
              h(Text, {of: alike.map(({repo}) => repo).join(', ')}),
            )
          : null,
        h(Alert, {text: problem}),
        left === 0
          ? [...new Set(queue.items.map(item => item.run))].map(each => h(Finished, {key: each, run: each}))
          : h(
              'div',
              {class: 'actions sticky'},
              h(
                'button',
                {
                  type: 'button',
                  class: 'button primary',
                  disabled: current.decision !== 'pending',
                  onClick: () => void accept(),
                },
                'Accept ',
                h('kbd', null, 'a'),
              ),
              alike.length > 1
                ? h(
                    'button',
                    {type: 'button', class: 'button', onClick: () => void acceptAlike()},
                    `All ${alike.length} like this `,
                    h('kbd', null, 'A'),
                  )
                : null,
              h(
                'button',
                {
                  type: 'button',
                  class: 'button',
                  disabled: current.decision !== 'pending',
                  onClick: () => setDialog('reject'),
                },
                'Reject… ',
                h('kbd', null, 'r'),
              ),
              h(
                'button',
                {type: 'button', class: 'button quiet', onClick: () => setQueue(step(queue, 1))},
                'Later ',
                h('kbd', null, 'j'),
              ),
              h(
                'button',
                {type: 'button', class: 'button quiet', disabled: queue.done.length === 0, onClick: () => void undo()},
                'Undo ',
                h('kbd', null, 'u'),
              ),
              h(
                'button',
                {type: 'button', class: 'button quiet', 'aria-label': 'Keys', onClick: () => setDialog('keys')},
                h('kbd', null, '?'),
              ),
            ),
      ),
      h(CurrentChange, {key: `${current.run}/${current.job}`, item: current}),
    ),
    dialog === 'reject'
      ? h(RejectDialog, {
          what: `${current.skill}/${current.repo}`,
          onClose: () => setDialog(undefined),
          onReject: (why, text) => void decide([current], 'rejected', {why, text}),
        })
      : null,
    dialog === 'keys' ? h(ReviewKeys, {onClose: () => setDialog(undefined)}) : null,
  );
}

function CurrentChange({item}: {item: ReviewItem}): ComponentChild {
  const {value, error} = useData<ChangeView>(`/api/review/${item.run}/${item.job}`);
  if (value === undefined) return h(Waiting, {error});
  return h(Fragment, null, h(ChangeNotes, {change: value}), h(DiffView, {files: value.files}));
}

/** Everything is decided: what was accepted can leave now. */
function Finished({run}: {run: string}): ComponentChild {
  const {value, reload} = useData<{overview: RunOverview}>(`/api/runs/${run}`);
  useLive(event => {
    if (event.type === 'run' || event.type === 'command') reload();
  });
  return value === undefined ? null : h(ActionBar, {run: value.overview});
}

function Done({run}: {run: string | null}): ComponentChild {
  return h(
    'section',
    {class: 'empty'},
    h('h1', null, 'Nothing to review'),
    h(
      'p',
      null,
      'Changes wait here when a run keeps them as patches (',
      h('code', null, '--deliver patch'),
      '), or when the policy holds one back.',
    ),
    run === null ? h('p', null, h('a', {href: '/'}, 'Back to tonight')) : h(Finished, {run}),
  );
}
