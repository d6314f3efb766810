import {expect, it} from 'vitest';
import type {ReviewItem} from '../api.ts';
import {alikeOf, decided, entriesOf, lastDecision, type Queue, step, undone} from './review-queue.ts';

const item = (job: string, patchId: string): ReviewItem => ({
  run: 'r-1',
  job,
  repo: job,
  skill: 's',
  patchId,
  group: patchId,
  fileCount: 1,
  added: 1,
  removed: 0,
  findings: 0,
  failedChecks: 0,
  checks: 0,
  costUsd: 0,
  destination: {deliver: 'files', place: '/api'},
  decision: 'pending',
  state: 'to-review',
});
const queue: Queue = {
  items: [item('a', '1'), item('b', '2'), item('c', '1'), item('d', '3')],
  at: 0,
  isGrouped: true,
  done: [],
};
const at = ({items, at: index}: Queue): string => items[index]!.job;

it('groups the same change, wherever it is', () => {
  expect(entriesOf(queue).map(({items}) => items.map(({job}) => job))).toEqual([['a', 'c'], ['b'], ['d']]);
  expect(entriesOf({...queue, isGrouped: false})).toHaveLength(4);
  expect(alikeOf(queue).map(({job}) => job)).toEqual(['a', 'c']);
});

it('goes on to what waits next, and comes back with undo', () => {
  const first = decided(queue, alikeOf(queue), 'accepted');
  expect(at(first)).toBe('b');
  expect(alikeOf({...first, at: 0})).toEqual([]);
  const second = decided(decided(first, [first.items[1]!], 'rejected'), [first.items[3]!], 'accepted');
  expect(second.items.map(({decision}) => decision)).toEqual(['accepted', 'rejected', 'accepted', 'accepted']);
  const back = undone(undone(undone(second)));
  expect(back.items.every(({decision}) => decision === 'pending')).toBe(true);
  expect(at(back)).toBe('a');
  expect(undone(back)).toEqual(back);
});

it('moves by groups or one by one, and stops at the ends', () => {
  expect(at(step(queue, 1))).toBe('b');
  expect(at(step(step(queue, 1), 1))).toBe('d');
  expect(at(step({...queue, isGrouped: false, at: 1}, 1))).toBe('c');
  expect(at(step(queue, -1))).toBe('a');
  expect(at(step({...queue, at: 3}, 1))).toBe('d');
});

it('takes no change that was judged in another way along with its like', () => {
  const flagged = {...item('e', '1'), findings: 1, group: '1 held'};
  const failing = {...item('f', '1'), failedChecks: 1, group: '1 broken'};
  const mixed = {...queue, items: [...queue.items, flagged, failing]};
  expect(entriesOf(mixed).map(({items}) => items.map(({job}) => job))).toEqual([
    ['a', 'c'],
    ['b'],
    ['d'],
    ['e'],
    ['f'],
  ]);
  expect(alikeOf(mixed).map(({job}) => job)).toEqual(['a', 'c']);
  expect(alikeOf({...mixed, at: 4}).map(({job}) => job)).toEqual(['e']);
});

it('says what was decided last, until it is taken back', () => {
  expect(lastDecision(queue)).toBeUndefined();
  const rejected = decided(queue, alikeOf(queue), 'rejected');
  expect(lastDecision(rejected)).toEqual({kind: 'rejected', repos: ['a', 'c']});
  expect(lastDecision(undone(rejected))).toBeUndefined();
});
