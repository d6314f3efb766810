import {type ComponentChild, type ComponentChildren, h} from 'preact';
import type {RunCounts} from '../../run/read-run-view.ts';
import type {JobRow, RunOverview} from '../api.ts';
import {number, words} from './format.ts';

export function StateBadge({run}: {run: RunOverview}): ComponentChild {
  const word = run.state === 'running' ? (run.stopping ? 'stopping' : run.paused ? 'paused' : 'running') : run.state;
  return h('span', {class: `badge badge-${run.state}`}, word);
}

export function RowState({row: {standing}}: {row: Pick<JobRow, 'standing'>}): ComponentChild {
  const {sign, word} = words[standing];
  return h('span', {class: `state-${standing}`}, h('span', {class: 'sign', 'aria-hidden': 'true'}, sign), word);
}

/** Why it needs a closer look than others; nothing where it does not. */
export function Doubt({row}: {row: Pick<JobRow, 'reason' | 'state' | 'standing'>}): ComponentChild {
  if (row.state === 'held') return h('span', {class: 'chip chip-warn'}, 'held by the policy');
  if (row.reason === undefined) return null;
  return row.standing === 'failed' || row.standing === 'not-started'
    ? h('strong', null, row.reason)
    : h('span', {class: 'chip chip-bad'}, row.reason);
}

export function Progress({counts}: {counts: RunCounts}): ComponentChild {
  const ended = counts.total - counts.running - counts.pending;
  return h(
    'div',
    {class: 'progress'},
    h('progress', {max: Math.max(1, counts.total), value: ended, 'aria-label': 'Jobs that have ended'}),
    h('span', {class: 'muted'}, `${number(ended)} of ${number(counts.total)}`),
  );
}

/** What was refused; nothing where nothing was. */
export function Alert({text}: {text: string}): ComponentChild {
  return text === '' ? null : h('p', {class: 'notice notice-bad', role: 'alert'}, text);
}

export function Diffstat({of: {added, removed}}: {of: {added: number; removed: number}}): ComponentChild {
  return h(
    'span',
    {class: 'diffstat'},
    h('span', {class: 'plus'}, `+${number(added)}`),
    ' ',
    h('span', {class: 'minus'}, `−${number(removed)}`),
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
