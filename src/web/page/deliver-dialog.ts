import {type ComponentChild, h} from 'preact';
import {useEffect, useState} from 'preact/hooks';
import type {DeliverPreview} from '../api.ts';
import {useClient} from './client.ts';
import {destinationText} from './destination-text.ts';
import {Dialog} from './dialog.ts';
import {count} from './format.ts';
import {Alert, Diffstat} from './pieces.ts';
import {Text} from './text.ts';
import type {RunCommands} from './use-run-commands.ts';

export interface DeliverDialogProps {
  readonly run: string;
  readonly commands: RunCommands;
  onClose(): void;
}

/** The last question before changes leave: how many go where in short, and each with its place. */
export function DeliverDialog({run, commands, onClose}: DeliverDialogProps): ComponentChild {
  const client = useClient();
  const [preview, setPreview] = useState<DeliverPreview>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    client
      .post<DeliverPreview>(`/api/runs/${run}/deliver/preview`, {})
      .then(setPreview)
      .catch((error: Error) => setProblem(error.message));
  }, []);
  const deliver = (): void => {
    commands
      .deliver(preview?.confirm ?? '')
      .then(onClose)
      .catch((error: Error) => setProblem(error.message));
  };
  const targets = preview?.targets ?? [];
  const groups = [...Map.groupBy(targets, destinationText)];
  return h(
    Dialog,
    {title: preview === undefined ? 'Deliver' : `Deliver ${count(targets.length, 'change')}?`, onClose},
    h('p', {class: 'muted'}, 'This is the step at which changes leave.'),
    h(
      'ul',
      {class: 'plain summary'},
      groups.map(([place, some]) =>
        h('li', null, h('strong', null, count(some.length, 'change')), ' → ', h(Text, {of: place})),
      ),
    ),
    h(
      'ul',
      {class: 'plain targets', tabIndex: 0, 'aria-label': 'Where each change goes'},
      targets.map(target =>
        h(
          'li',
          {key: target.job},
          h(
            'span',
            {class: 'target-name'},
            h('strong', null, h(Text, {of: target.repo})),
            h('span', {class: 'muted'}, ' ', h(Text, {of: target.skill})),
          ),
          h(Diffstat, {of: target}),
          h(
            'span',
            {class: 'target-place muted'},
            h(Text, {of: target.place}),
            groups.length > 1 ? h('span', null, ' → ', h(Text, {of: target.branch ?? target.deliver})) : null,
          ),
        ),
      ),
    ),
    h(Alert, {text: problem}),
    h(
      'div',
      {class: 'actions'},
      h(
        'button',
        {type: 'button', class: 'button primary', disabled: targets.length === 0, onClick: deliver},
        `Deliver ${targets.length}`,
      ),
      h('button', {type: 'button', class: 'button', onClick: onClose}, 'Not now'),
    ),
  );
}
