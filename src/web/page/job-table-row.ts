import {type ComponentChild, h} from 'preact';
import {duration} from '../../util/duration.ts';
import type {DecisionKind, JobRow, RunOverview} from '../api.ts';
import {deliveredText} from './destination-text.ts';
import {usd} from './format.ts';
import {Diffstat, Doubt, RowState} from './pieces.ts';
import {RetryButton, uselessRetry} from './retry-button.ts';
import {Text} from './text.ts';
import type {RunCommands} from './use-run-commands.ts';

export interface JobTableRowProps {
  readonly overview: RunOverview;
  readonly row: JobRow;
  readonly index: number;
  readonly commands: RunCommands;
  onDecide(row: JobRow, kind: DecisionKind): Promise<void>;
  onReject(row: JobRow): void;
}

export function JobTableRow(props: JobTableRowProps): ComponentChild {
  const {overview, row, index} = props;
  const href = `/r/${overview.id}/${row.id}`;
  // A message takes the room of what such a job does not have.
  const isBare = row.files === 0 && row.checks === undefined;
  return h(
    'tr',
    {class: `job ${isBare ? 'bare' : ''}`, 'aria-rowindex': index + 2},
    h('td', {class: 'c-repo'}, h('a', {href}, h(Text, {of: row.repo}))),
    h('td', {class: 'c-skill muted'}, h(Text, {of: row.skill})),
    h('td', {class: 'c-result', ...(isBare ? {colSpan: 3} : {})}, h(Result, {row})),
    isBare ? null : h('td', {class: 'c-checks'}, h(Checks, {row})),
    isBare ? null : h('td', {class: 'c-diff number'}, row.files === 0 ? null : h(Diffstat, {of: row})),
    h('td', {class: 'c-cost number'}, usd(row.costUsd)),
    h('td', {class: 'c-time number'}, row.durationMs === undefined ? '' : duration(row.durationMs)),
    h('td', {class: 'c-decision'}, h(Actions, props)),
  );
}

function Result({row}: {row: JobRow}): ComponentChild {
  const text = row.delivered === undefined ? row.message : deliveredText(row.delivered);
  return [
    h('span', {class: 'result-state'}, h(RowState, {row}), ' ', h(Doubt, {row})),
    text === undefined ? null : h('span', {class: 'muted under', title: text}, h(Text, {of: text})),
  ];
}

function Checks({row}: {row: JobRow}): ComponentChild {
  const {passed = 0, failed = 0, findings = 0} = row.checks ?? {};
  if (passed + failed + findings === 0) return null;
  return h(
    'span',
    null,
    passed > 0 ? h('span', {class: 'state-delivered'}, `✓ ${passed} `) : null,
    failed > 0 ? h('span', {class: 'state-failed'}, `✗ ${failed} `) : null,
    findings > 0 ? h('span', {class: 'state-not-started'}, `! ${findings}`) : null,
  );
}

function Actions({overview, row, commands, onDecide, onReject}: JobTableRowProps): ComponentChild {
  const button = (text: string, act: () => void): ComponentChild =>
    h('button', {type: 'button', class: 'button small', 'aria-label': `${text} ${row.repo}`, onClick: act}, text);
  switch (row.standing) {
    case 'to-review':
      return [button('Accept', () => void onDecide(row, 'accepted')), button('Reject…', () => onReject(row))];
    case 'accepted':
    case 'rejected':
      return button('Undo', () => void onDecide(row, 'pending'));
    case 'failed':
    case 'not-started': {
      const useless = uselessRetry(row);
      const costUsd = useless.useless === undefined ? commands.costs.jobs[row.id] : undefined;
      // What was paid for has said something.
      const [tab, name] = (row.costUsd ?? 0) > 0 ? ['transcript', 'Transcript'] : ['events', 'Log'];
      return [
        h(RetryButton, {
          commands,
          of: row.repo,
          label: 'Retry',
          jobs: [row.id],
          costUsd,
          small: true,
          ...useless,
        }),
        h('a', {class: 'link', href: `/r/${overview.id}/${row.id}?tab=${tab}`}, name),
      ];
    }
    default:
      return null;
  }
}
