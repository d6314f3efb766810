import {type ComponentChild, h} from 'preact';
import type {JobRow} from '../api.ts';
import {usd} from './format.ts';
import {Text} from './text.ts';
import type {RunCommands} from './use-run-commands.ts';

export interface RetryButtonProps {
  readonly commands: RunCommands;
  readonly label: string;
  /** Named to those who hear it: the repo, where there is one button in each row. */
  readonly of?: string;
  readonly jobs?: readonly string[];
  /** About what it would cost; undefined where that is not known. */
  readonly costUsd: number | undefined;
  /** Why it cannot help. */
  readonly useless?: string;
  readonly small?: boolean;
}

/** Runs jobs again, and says about what that costs. */
export function RetryButton({commands, label, of, jobs, costUsd, useless, small}: RetryButtonProps): ComponentChild {
  const why = useless ?? commands.busy;
  const cost = costUsd === undefined ? undefined : `≈ ${usd(costUsd)}${small ? '' : ' USD'}`;
  return h(
    'button',
    {
      type: 'button',
      class: `button ${small ? 'small' : ''}`,
      disabled: why !== undefined,
      ...(why === undefined && cost === undefined ? {} : {title: why ?? `costs ${cost}`}),
      onClick: () => commands.retry(jobs),
    },
    label,
    of === undefined ? null : h('span', {class: 'unseen'}, ' ', h(Text, {of})),
    cost === undefined ? null : h('span', {class: 'about', 'aria-hidden': 'true'}, cost),
  );
}

/** Why running a failed job again changes nothing. */
export function uselessRetry({retry, standing}: Pick<JobRow, 'retry' | 'standing'>): {useless?: string} {
  return standing === 'failed' && retry === 'no'
    ? {useless: 'the same would happen again: something else has to change first'}
    : {};
}
