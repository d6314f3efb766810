import {type ComponentChild, h} from 'preact';
import {useEffect, useState} from 'preact/hooks';
import type {ReviewQueue} from '../api.ts';
import {number} from './format.ts';
import {useLive} from './live.ts';
import {Waiting} from './problem.ts';
import {RunsToDeliver} from './review-end.ts';
import type {Queue} from './review-queue.ts';
import {ReviewWork} from './review-work.ts';
import {useData} from './use-data.ts';
import {useTitle} from './use-title.ts';

/** One decision at a time. Deciding moves nothing: what was accepted waits for deliver. */
export function ReviewPage({place}: {place: URL}): ComponentChild {
  const run = place.searchParams.get('run');
  const {value, error, reload} = useData<ReviewQueue>(`/api/review${run === null ? '' : `?run=${run}`}`);
  const [queue, setQueue] = useState<Queue>();
  useEffect(() => {
    if (value !== undefined) setQueue({items: value.items, at: 0, isGrouped: true, done: []});
  }, [value]);
  useLive(event => {
    // What there is to deliver has left, or some of it.
    if (event.type === 'command' && event.command.exitCode !== undefined && queue?.items.length === 0) reload();
  });
  const left = queue?.items.filter(({decision}) => decision === 'pending').length ?? 0;
  useTitle(left === 0 ? 'Review' : `${number(left)} to review`);
  if (value === undefined || queue === undefined) return h(Waiting, {error});
  if (queue.items.length === 0) return h(Nothing, {queue: value, run});
  return h(ReviewWork, {queue, setQueue, reload, more: value.more});
}

function Nothing({queue, run}: {queue: ReviewQueue; run: string | null}): ComponentChild {
  const {toDeliver, runsToDeliver} = queue;
  // They stay while one looks at what became of them.
  const [known] = useState(run === null ? runsToDeliver : [run]);
  const isDelivered = toDeliver === 0 && runsToDeliver.length < known.length && run === null;
  return h(
    'section',
    {class: 'empty'},
    h(
      'h1',
      null,
      toDeliver > 0
        ? `${number(toDeliver)} accepted, not delivered`
        : isDelivered
          ? 'All that was accepted is delivered'
          : 'Nothing to review',
    ),
    toDeliver > 0
      ? h('p', null, 'Everything is decided. What was accepted leaves when you say so.')
      : isDelivered
        ? null
        : h(
            'p',
            null,
            'Changes wait here when a run keeps them as patches (',
            h('code', null, '--deliver patch'),
            '), or when the policy holds one back.',
          ),
    h(RunsToDeliver, {runs: known}),
    h('p', null, h('a', {href: '/'}, 'Back to tonight')),
  );
}
