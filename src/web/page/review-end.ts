import {type ComponentChild, h} from 'preact';
import type {RunOverview} from '../api.ts';
import {ActionBar} from './action-bar.ts';
import {number} from './format.ts';
import {WhereTo} from './last-night.ts';
import {useLive} from './live.ts';
import type {Queue} from './review-queue.ts';
import {useData} from './use-data.ts';
import {useRunCommands} from './use-run-commands.ts';

/** Everything is decided: what was accepted can leave now. */
export function ReviewEnd({queue}: {queue: Queue}): ComponentChild {
  const {items} = queue;
  const accepted = items.filter(({decision}) => decision === 'accepted').length;
  const rejected = items.length - accepted;
  const parts = [
    ...(accepted === 0 ? [] : [`${number(accepted)} accepted`]),
    ...(rejected === 0 ? [] : [`${number(rejected)} rejected`]),
  ];
  return h(
    'div',
    {class: 'review-head'},
    h('p', {class: 'eyebrow', 'aria-live': 'polite'}, `All ${number(items.length)} decided`),
    h('h1', null, parts.join(', ')),
    h('p', {class: 'muted'}, 'Nothing has left this machine. Deliver shows where each goes, and asks once more.'),
    h(RunsToDeliver, {runs: [...new Set(items.map(({run}) => run))]}),
  );
}

/** What can be done now with each of these runs. */
export function RunsToDeliver({runs}: {runs: readonly string[]}): ComponentChild {
  return h(
    'div',
    {class: 'runs-to-deliver'},
    runs.map(run => h(RunToDeliver, {key: run, run, isOne: runs.length === 1})),
  );
}

function RunToDeliver({run, isOne}: {run: string; isOne: boolean}): ComponentChild {
  const {value, reload} = useData<{overview: RunOverview}>(`/api/runs/${run}`);
  useLive(event => {
    if (event.type === 'run' || event.type === 'command') reload();
  });
  return value === undefined ? null : h(Deliver, {overview: value.overview, isOne});
}

function Deliver({overview, isOne}: {overview: RunOverview; isOne: boolean}): ComponentChild {
  const commands = useRunCommands(overview);
  return h(
    'div',
    null,
    isOne ? null : h('p', {class: 'eyebrow'}, h('a', {href: `/r/${overview.id}`}, overview.id)),
    h(ActionBar, {run: overview, commands, review: false}),
    h(WhereTo, {run: overview}),
  );
}
