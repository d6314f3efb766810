import {type ComponentChild, h} from 'preact';
import type {JobRow, RunOverview} from '../api.ts';
import {ActionBar} from './action-bar.ts';
import {deliveredText} from './destination-text.ts';
import {FailureTable} from './failure-table.ts';
import {count, number, spentText, timesText} from './format.ts';
import {StateBadge} from './pieces.ts';
import {StateBar} from './state-bar.ts';
import {Text} from './text.ts';
import {useRunCommands} from './use-run-commands.ts';

export interface LastNightProps {
  readonly run: RunOverview;
  readonly failures: readonly JobRow[];
  /** Changes of all runs that wait for a decision. */
  readonly toReview: number;
}

/** The night as a person finds it in the morning: what there is to decide, and the one thing to do next. */
export function LastNight({run, failures, toReview}: LastNightProps): ComponentChild {
  const commands = useRunCommands(run);
  const elsewhere = toReview - run.toReview;
  return h(
    'section',
    {class: 'hero'},
    h('p', {class: 'eyebrow'}, 'Last night'),
    h('h1', null, headline(run)),
    h(
      'p',
      {class: 'muted'},
      h('a', {href: `/r/${run.id}`}, run.id),
      ` · ${timesText(run)} · ${spentText(run)} · `,
      h(StateBadge, {run}),
    ),
    h(StateBar, {counts: run.standings, hrefOf: standing => `/r/${run.id}?filter=${standing}`}),
    h(ActionBar, {run, commands}),
    h(WhereTo, {run}),
    elsewhere > 0
      ? h(
          'p',
          {class: 'muted'},
          h('a', {href: '/review'}, `${count(elsewhere, 'change')} of other runs`),
          elsewhere === 1 ? ' waits, too.' : ' wait, too.',
        )
      : null,
    h(FailureTable, {run, rows: failures, commands}),
  );
}

/** What became of what left; and what of the rest needs a closer look. */
export function WhereTo({run}: {run: RunOverview}): ComponentChild {
  const places = run.deliveredTo ?? [];
  const {heldToReview: held = 0, failedToReview = 0} = run;
  const lines = [
    ...places.map(place => [`${number(place.jobs)} delivered `, h(Text, {of: deliveredText(place)})]),
    ...(held === 0 ? [] : [[`${number(held)} of those to review ${held === 1 ? 'is' : 'are'} held by the policy`]]),
    ...(failedToReview === 0
      ? []
      : [[`${number(failedToReview)} of those to review failed, and kept what it changed`]]),
  ];
  if (lines.length === 0) return null;
  return h(
    'ul',
    {class: 'plain muted where-to'},
    lines.map(line => h('li', null, line)),
  );
}

/** What there is to do, in the order of doing it; what went well only when nothing is. */
export function headline({standings, toReview, toDeliver, state}: RunOverview): string {
  const failed = standings.failed ?? 0;
  const also = failed === 0 ? '' : `, ${count(failed, 'failure')}`;
  if (state === 'interrupted') return 'The run was interrupted';
  if (toReview > 0) return `${count(toReview, 'change')} to review${also}`;
  if (toDeliver > 0) return `${number(toDeliver)} accepted, not delivered${also}`;
  if (failed > 0) return count(failed, 'failure');
  if ((standings['not-started'] ?? 0) > 0) return `${count(standings['not-started']!, 'job')} not started`;
  const delivered = standings.delivered ?? 0;
  return delivered > 0 ? `${count(delivered, 'change')} delivered, nothing to decide` : 'Nothing new';
}
