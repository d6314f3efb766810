import {type ComponentChild, Fragment, h} from 'preact';
import {useState} from 'preact/hooks';
import type {ChangeView, DecisionKind, ReviewItem} from '../api.ts';
import {ChangeNotes} from './change-notes.ts';
import {DiffView} from './diff-view.ts';
import {Waiting} from './problem.ts';
import {RejectDialog} from './reject-dialog.ts';
import {ReviewEnd} from './review-end.ts';
import {ReviewHead} from './review-head.ts';
import {ReviewKeys} from './review-keys.ts';
import {type ListProps, ReviewList} from './review-list.ts';
import {alikeOf, decided, step, undone} from './review-queue.ts';
import {ReviewToast} from './review-toast.ts';
import {goTo} from './router.ts';
import {useData} from './use-data.ts';
import {useDecide, type Why} from './use-decide.ts';
import {useKeys} from './use-keys.ts';

type Open = 'reject' | 'reject-all' | 'keys';

/** The list at the side, and the change that is asked about. */
export function ReviewWork({queue, setQueue, reload, more}: ListProps): ComponentChild {
  const [dialog, setDialog] = useState<Open>();
  const {problem, decide: send} = useDecide();
  const current = queue.items[queue.at]!;
  const alike = alikeOf(queue);
  const isOpen = current.decision === 'pending';
  const decide = async (items: readonly ReviewItem[], kind: DecisionKind, why?: Why): Promise<void> => {
    setDialog(undefined);
    if (items.length > 0 && (await send(items, kind, why))) setQueue(decided(queue, items, kind));
  };
  const undo = async (): Promise<void> => {
    const last = queue.done.at(-1);
    if (last !== undefined && (await send(last, 'pending'))) setQueue(undone(queue));
  };
  const acts = {
    accept: () => void decide(isOpen ? [current] : [], 'accepted'),
    acceptAlike: () => void decide(alike, 'accepted'),
    reject: () => isOpen && setDialog('reject'),
    rejectAlike: () => alike.length > 0 && setDialog('reject-all'),
    later: () => setQueue(step(queue, 1)),
    undo: () => void undo(),
    showKeys: () => setDialog('keys'),
  };
  useKeys(
    dialog === undefined
      ? {
          j: acts.later,
          k: () => setQueue(step(queue, -1)),
          a: acts.accept,
          A: acts.acceptAlike,
          r: acts.reject,
          R: acts.rejectAlike,
          u: acts.undo,
          g: () => setQueue({...queue, isGrouped: !queue.isGrouped}),
          o: () => goTo(`/r/${current.run}/${current.job}`),
          '?': acts.showKeys,
        }
      : {},
  );
  const isDone = queue.items.every(({decision}) => decision !== 'pending');
  const rejected = dialog === 'reject-all' ? alike : [current];
  return h(
    'div',
    {class: 'review'},
    h(ReviewList, {queue, setQueue, more, reload}),
    h(
      'div',
      {class: 'review-main'},
      isDone
        ? h(ReviewEnd, {queue})
        : [
            h(ReviewHead, {key: 'head', queue, alike, problem, acts}),
            h(CurrentChange, {key: `${current.run}/${current.job}`, item: current}),
          ],
    ),
    h(ReviewToast, {queue, undo: acts.undo}),
    dialog === 'reject' || dialog === 'reject-all'
      ? h(RejectDialog, {
          what: rejected.map(({repo}) => `${current.skill}/${repo}`).join(', '),
          onClose: () => setDialog(undefined),
          onReject: (why, text) => void decide(rejected, 'rejected', {why, text}),
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
