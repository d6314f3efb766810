import {type ComponentChild, type ComponentChildren, h} from 'preact';
import type {RunCounts} from '../../run/read-run-view.ts';
import type {JobRow, RunOverview} from '../api.ts';
import {states} from './format.ts';

export function StateBadge({run}: {run: RunOverview}): ComponentChild {
  const word = run.state === 'running' ? (run.stopping ? 'stopping' : run.paused ? 'paused' : 'running') : run.state;
  return h('span', {class: `badge badge-${run.state}`}, word);
}

export function RowState({row}: {row: JobRow}): ComponentChild {
  const {sign, word} = states[row.state];
  return h('span', {class: `state-${row.state}`}, h('span', {class: 'sign', 'aria-hidden': 'true'}, sign), word);
}

const shown = [
  ['failed', 'failed', 'state-failed'],
  ['held', 'held for review', 'state-held'],
  ['notStarted', 'not started', 'state-not-started'],
  ['changed', 'changed', 'state-changed'],
  ['unchanged', 'unchanged', ''],
  ['upToDate', 'up to date', ''],
  ['running', 'running', 'state-running'],
  ['pending', 'to start', ''],
] as const satisfies readonly (readonly [keyof RunCounts | 'held', string, string])[];

/** What is not zero. */
export function Counts({counts, held = 0}: {counts: RunCounts; held?: number | undefined}): ComponentChild {
  const tally = {...counts, failed: counts.failed - held, held};
  return h(
    'ul',
    {class: 'counts'},
    shown
      .filter(([key]) => tally[key] > 0)
      .map(([key, word, style]) =>
        h('li', {class: style}, h('strong', null, tally[key].toLocaleString('en')), ` ${word}`),
      ),
  );
}

export function Progress({counts}: {counts: RunCounts}): ComponentChild {
  const ended = counts.total - counts.running - counts.pending;
  return h(
    'div',
    {class: 'progress'},
    h('progress', {max: Math.max(1, counts.total), value: ended, 'aria-label': 'Jobs that have ended'}),
    h('span', {class: 'muted'}, `${ended.toLocaleString('en')} of ${counts.total.toLocaleString('en')}`),
  );
}

export function Problem({text}: {text: string}): ComponentChild {
  return h(
    'section',
    {class: 'empty', role: 'alert'},
    h('h1', null, 'This could not be read'),
    h('p', null, text),
    h('p', {class: 'muted'}, 'Is orchestrator serve still running? After a new start it has a new address.'),
  );
}

/** What stands where nothing is known yet. */
export function Waiting({error}: {error: string | undefined}): ComponentChild {
  return error === undefined ? h('div', {class: 'loading', 'aria-busy': 'true'}) : h(Problem, {text: error});
}

/** What was refused; nothing where nothing was. */
export function Alert({text}: {text: string}): ComponentChild {
  return text === '' ? null : h('p', {class: 'notice notice-bad', role: 'alert'}, text);
}

export function Diffstat({of: {added, removed}}: {of: {added: number; removed: number}}): ComponentChild {
  return h(
    'span',
    {class: 'diffstat'},
    h('span', {class: 'plus'}, `+${added}`),
    ' ',
    h('span', {class: 'minus'}, `−${removed}`),
  );
}

/** A table that scrolls sideways where it must. */
export function List(props: {
  label: string;
  columns: readonly string[];
  /** So many of the last columns hold numbers. */
  numbers: number;
  class?: string;
  children?: ComponentChildren;
}): ComponentChild {
  const {label, columns, numbers} = props;
  return h(
    'div',
    {class: `scroll ${props.class ?? ''}`, tabIndex: 0, role: 'region', 'aria-label': label},
    h(
      'table',
      {class: 'list'},
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          columns.map((name, index) =>
            h('th', {scope: 'col', class: index < columns.length - numbers ? '' : 'number'}, name),
          ),
        ),
      ),
      h('tbody', null, props.children),
    ),
  );
}
