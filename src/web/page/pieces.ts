import {type ComponentChild, type ComponentChildren, h} from 'preact';
import type {JobRow, RunOverview} from '../api.ts';
import {count, number, words} from './format.ts';

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
  if (row.state === 'held') return h('span', {class: 'chip chip-warn', title: 'held by the policy'}, 'held');
  if (row.reason === undefined) return null;
  return row.standing === 'failed' || row.standing === 'not-started'
    ? h('strong', null, row.reason)
    : h('span', {class: 'chip chip-bad'}, row.reason);
}

/** `8 of 20 jobs have ended` */
export function progressText({counts}: RunOverview): string {
  return `${number(counts.total - counts.running - counts.pending)} of ${count(counts.total, 'job')} have ended`;
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
  /** Of these columns there is no room for on a phone. */
  wideOnly?: readonly string[];
  /** So many of the last columns hold numbers. */
  numbers: number;
  class?: string;
  children?: ComponentChildren;
}): ComponentChild {
  const {label, columns, numbers, wideOnly = []} = props;
  const styleOf = (name: string, index: number): string =>
    `${index < columns.length - numbers ? '' : 'number'} ${wideOnly.includes(name) ? 'wide-only' : ''}`;
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
          columns.map((name, index) => h('th', {scope: 'col', class: styleOf(name, index)}, name)),
        ),
      ),
      h('tbody', null, props.children),
    ),
  );
}
