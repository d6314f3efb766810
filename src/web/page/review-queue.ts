import type {DecisionKind, ReviewItem} from '../api.ts';

/** The queue as one works through it. */
export interface Queue {
  readonly items: readonly ReviewItem[];
  /** Index into `items`. */
  readonly at: number;
  readonly isGrouped: boolean;
  /** What was decided here, for undo: each entry is one keystroke. */
  readonly done: readonly (readonly ReviewItem[])[];
}

/** One entry of the list: a change, or the same change in several repos. */
export interface Entry {
  readonly items: readonly ReviewItem[];
}

export function entriesOf({items, isGrouped}: Queue): Entry[] {
  if (!isGrouped) return items.map(item => ({items: [item]}));
  return [...Map.groupBy(items, item => item.group).values()].map(group => ({items: group}));
}

/** The same change, wherever it is, that waits like this one and was judged like it. */
export function alikeOf({items, at}: Queue): ReviewItem[] {
  const current = items[at];
  return items.filter(item => item.group === current?.group && item.decision === 'pending');
}

/** The next or the previous entry; with groups the first of each that waits. */
export function step(queue: Queue, by: 1 | -1): Queue {
  const entries = entriesOf(queue);
  const current = queue.items[queue.at];
  const index = entries.findIndex(entry => entry.items.some(item => item === current));
  const next = entries[Math.min(entries.length - 1, Math.max(0, index + by))];
  return next === undefined ? queue : select(queue, next);
}

export function select(queue: Queue, {items}: Entry): Queue {
  const item = items.find(({decision}) => decision === 'pending') ?? items[0];
  return {...queue, at: item === undefined ? 0 : queue.items.indexOf(item)};
}

/** Marks these and goes on to what waits next. */
export function decided(queue: Queue, chosen: readonly ReviewItem[], decision: DecisionKind): Queue {
  const items = queue.items.map(item => (isOneOf(item, chosen) ? {...item, decision} : item));
  const order = [...items.keys()].map(index => (queue.at + index) % Math.max(1, items.length));
  const next = order.find(index => items[index]!.decision === 'pending');
  return {...queue, items, at: next ?? queue.at, done: [...queue.done, chosen]};
}

/** Takes the last decision back and goes there. */
export function undone(queue: Queue): Queue {
  const last = queue.done.at(-1) ?? [];
  const items = queue.items.map(item => (isOneOf(item, last) ? {...item, decision: 'pending' as const} : item));
  return {
    ...queue,
    items,
    at: Math.max(
      0,
      items.findIndex(item => isOneOf(item, last)),
    ),
    done: queue.done.slice(0, -1),
  };
}

/** What the last keystroke did; undefined when there was none. */
export function lastDecision({items, done}: Queue): {kind: DecisionKind; repos: readonly string[]} | undefined {
  const last = done.at(-1);
  const [first] = last ?? [];
  const now = items.find(item => first !== undefined && isOneOf(item, [first]));
  return last === undefined || now === undefined ? undefined : {kind: now.decision, repos: last.map(({repo}) => repo)};
}

function isOneOf(item: ReviewItem, list: readonly ReviewItem[]): boolean {
  return list.some(other => other.run === item.run && other.job === item.job);
}
