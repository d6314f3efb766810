import {type ComponentChild, h} from 'preact';
import type {JobRow, RunOverview} from '../api.ts';
import {count, words} from './format.ts';
import {RetryButton, uselessRetry} from './retry-button.ts';
import {Text} from './text.ts';
import type {RunCommands} from './use-run-commands.ts';

export interface FailureTableProps {
  readonly run: RunOverview;
  readonly rows: readonly JobRow[];
  readonly commands: RunCommands;
}

/** What failed or was left undone, each with its cause, what to do about it, and the button that does it. */
export function FailureTable({run, rows, commands}: FailureTableProps): ComponentChild {
  const all = (run.standings.failed ?? 0) + (run.standings['not-started'] ?? 0);
  if (rows.length === 0) return null;
  return h(
    'section',
    {class: 'failures'},
    h('h2', null, 'What failed'),
    h(
      'table',
      {class: 'list cards', 'aria-label': 'What failed'},
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          ['Repo', 'Cause', 'Next step', ''].map(name => h('th', {scope: 'col'}, name)),
        ),
      ),
      h(
        'tbody',
        null,
        rows.map(row => h(FailureRow, {key: row.id, run, row, commands})),
      ),
    ),
    all > rows.length
      ? h(
          'p',
          null,
          h('a', {href: `/r/${run.id}?filter=failed`}, `All ${count(all, 'job')} that failed or did not start`),
        )
      : null,
  );
}

function FailureRow({run, row, commands}: {run: RunOverview; row: JobRow; commands: RunCommands}): ComponentChild {
  const {useless} = uselessRetry(row);
  return h(
    'tr',
    null,
    h(
      'th',
      {scope: 'row'},
      h('a', {href: `/r/${run.id}/${row.id}`}, h(Text, {of: row.repo})),
      h('span', {class: 'muted under'}, h(Text, {of: row.skill})),
    ),
    h(
      'td',
      null,
      h(
        'span',
        {class: `state-${row.standing}`},
        h('span', {class: 'sign', 'aria-hidden': 'true'}, words[row.standing].sign),
      ),
      h('strong', null, row.reason ?? words[row.standing].word),
      row.message === undefined
        ? null
        : h('span', {class: 'muted under clamp', title: row.message}, h(Text, {of: row.message})),
    ),
    h('td', {class: 'next'}, h(Text, {of: row.next ?? ''})),
    h(
      'td',
      {class: 'does'},
      h(RetryButton, {
        commands,
        label: 'Retry',
        of: row.repo,
        jobs: [row.id],
        costUsd: useless === undefined ? commands.costs.jobs[row.id] : undefined,
        small: true,
        ...(useless === undefined ? {} : {useless}),
      }),
    ),
  );
}
