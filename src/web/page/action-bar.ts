import {type ComponentChild, h} from 'preact';
import {useState} from 'preact/hooks';
import type {RunOverview, StartedCommand} from '../api.ts';
import {DeliverDialog} from './deliver-dialog.ts';
import {count} from './format.ts';
import {Alert} from './pieces.ts';
import {RetryButton} from './retry-button.ts';
import {Text} from './text.ts';
import type {RunCommands} from './use-run-commands.ts';

export interface ActionBarProps {
  readonly run: RunOverview;
  readonly commands: RunCommands;
  /** False where one is in the review already. */
  readonly review?: boolean;
}

/** What can be done with a run, the next thing to do first: review it, deliver what was accepted, run again what may work. */
export function ActionBar({run, commands, review = true}: ActionBarProps): ComponentChild {
  const [isDelivering, setDelivering] = useState(false);
  const {command, busy, problem} = commands;
  return h(
    'div',
    {class: 'actions'},
    review && run.toReview > 0
      ? h('a', {class: 'button primary', href: `/review?run=${run.id}`}, `Review ${count(run.toReview, 'change')}`)
      : null,
    run.toDeliver > 0
      ? h(
          'button',
          {
            type: 'button',
            class: `button ${run.toReview === 0 ? 'primary' : ''}`,
            disabled: busy !== undefined,
            ...(busy === undefined ? {} : {title: busy}),
            onClick: () => setDelivering(true),
          },
          `Deliver ${run.toDeliver} accepted…`,
        )
      : null,
    run.toRetry > 0
      ? h(RetryButton, {commands, label: `Retry ${count(run.toRetry, 'job')}`, costUsd: commands.costs.usd})
      : null,
    h(Alert, {text: problem}),
    command === undefined ? null : h(CommandState, {command}),
    isDelivering ? h(DeliverDialog, {run: run.id, commands, onClose: () => setDelivering(false)}) : null,
  );
}

function CommandState({command}: {command: StartedCommand}): ComponentChild {
  const {exitCode} = command;
  const word = exitCode === undefined ? 'goes on…' : exitCode === 0 ? 'ended well' : `ended with exit code ${exitCode}`;
  return h(
    'details',
    {class: 'command', open: exitCode !== undefined && exitCode > 1},
    h(
      'summary',
      null,
      h('code', null, h(Text, {of: command.line})),
      ` ${word}`,
      command.summary === undefined ? null : h('span', null, ': ', h(Text, {of: command.summary})),
    ),
    h('pre', {tabIndex: 0}, h(Text, {of: command.said === '' ? 'It has said nothing yet.' : command.said})),
  );
}
