import {type ComponentChild, h} from 'preact';
import type {ReviewItem} from '../api.ts';
import {destinationText} from './destination-text.ts';
import {count, number, usd} from './format.ts';
import {Alert, Diffstat} from './pieces.ts';
import type {Queue} from './review-queue.ts';
import {Text} from './text.ts';

export interface ReviewHeadProps {
  readonly queue: Queue;
  /** With the current one, what would be decided with it. */
  readonly alike: readonly ReviewItem[];
  readonly problem: string;
  readonly acts: Readonly<
    Record<'accept' | 'acceptAlike' | 'reject' | 'rejectAlike' | 'later' | 'undo' | 'showKeys', () => void>
  >;
}

/** Which change it is, what speaks for and against it, where it would go, and what can be said. */
export function ReviewHead({queue, alike, problem, acts}: ReviewHeadProps): ComponentChild {
  const {items, at, done} = queue;
  const current = items[at]!;
  const isOpen = current.decision === 'pending';
  const left = items.filter(({decision}) => decision === 'pending').length;
  const position = items.length - left + (isOpen ? 1 : 0);
  const button = (name: ComponentChild, key: string, act: () => void, style = '', isOff = false): ComponentChild =>
    h(
      'button',
      {type: 'button', class: `button ${style}`, disabled: isOff, onClick: act},
      name,
      ' ',
      h('kbd', null, key),
    );
  return h(
    'div',
    {class: 'review-head'},
    h('p', {class: 'eyebrow', 'aria-live': 'polite'}, `${number(position)} of ${number(items.length)}`),
    h('h1', null, h(Text, {of: current.repo}), h('span', {class: 'muted thin'}, ' ', h(Text, {of: current.skill}))),
    h(Facts, {item: current}),
    h(Alike, {items: alike}),
    h(Alert, {text: problem}),
    h(
      'div',
      {class: 'actions sticky'},
      button('Accept', 'a', acts.accept, 'primary', !isOpen),
      alike.length > 1 ? button(`All ${alike.length} like this`, 'A', acts.acceptAlike) : null,
      button('Reject…', 'r', acts.reject, '', !isOpen),
      button('Later', 'j', acts.later, 'quiet'),
      button('Undo', 'u', acts.undo, 'quiet undo', done.length === 0),
      h(
        'button',
        {type: 'button', class: 'button quiet', 'aria-label': 'Keys', onClick: acts.showKeys},
        h('kbd', null, '?'),
      ),
    ),
  );
}

const namedAtOnce = 6;

/** Every repo that "all like this" decides on can be read; many of them do not push the change out of sight. */
function Alike({items}: {items: readonly ReviewItem[]}): ComponentChild {
  if (items.length < 2) return null;
  const names = items.map(({repo}) => repo);
  const head = h('strong', null, `The same change in ${number(names.length)} repos: `);
  if (names.length <= namedAtOnce) return h('p', {class: 'notice notice-plain'}, head, h(Text, {of: names.join(', ')}));
  return h(
    'details',
    {key: items[0]!.job, class: 'notice notice-plain'},
    h(
      'summary',
      null,
      head,
      h(Text, {of: names.slice(0, namedAtOnce).join(', ')}),
      ` and ${number(names.length - namedAtOnce)} more`,
    ),
    h(Text, {of: names.slice(namedAtOnce).join(', ')}),
  );
}

function Facts({item}: {item: ReviewItem}): ComponentChild {
  const {checks, failedChecks, findings, costUsd, decision} = item;
  return h(
    'ul',
    {class: 'head-line'},
    h('li', null, h(Diffstat, {of: item}), ` in ${count(item.fileCount, 'file')}`),
    findings > 0 ? h('li', {class: 'state-not-started'}, `! ${count(findings, 'finding')} of the policy`) : null,
    failedChecks > 0 ? h('li', {class: 'state-failed'}, `✗ ${count(failedChecks, 'check')} failed`) : null,
    checks > failedChecks ? h('li', {class: 'state-delivered'}, `✓ ${count(checks - failedChecks, 'check')}`) : null,
    checks === 0 ? h('li', null, 'no checks') : null,
    h('li', null, costUsd === null ? 'cost unknown' : `${usd(costUsd)} USD`),
    h('li', null, '→ ', h(Text, {of: destinationText(item.destination)})),
    h('li', null, h('a', {href: `/r/${item.run}/${item.job}`}, 'the job')),
    decision === 'pending' ? null : h('li', null, decision),
  );
}
