import {type ComponentChild, h} from 'preact';
import {useEffect, useRef, useState} from 'preact/hooks';
import type {DeliverPreview, RejectReason, RunOverview, StartedCommand} from '../api.ts';
import {useClient} from './client.ts';
import {count} from './format.ts';
import {useLive} from './live.ts';
import {Alert, List} from './pieces.ts';
import {Text} from './text.ts';

/** What can be done with a run: review it, run again what may work, deliver what was accepted. */
export function ActionBar({run, review}: {run: RunOverview; review?: boolean}): ComponentChild {
  const client = useClient();
  const [command, setCommand] = useState<StartedCommand>();
  const [problem, setProblem] = useState('');
  const [isDelivering, setDelivering] = useState(false);
  useEffect(() => {
    client
      .get<{commands: StartedCommand[]}>(`/api/runs/${run.id}`)
      .then(({commands}) => setCommand(before => before ?? commands[0]))
      .catch(() => {});
  }, [run.id]);
  useLive(event => {
    if (event.type === 'command' && event.command.run === run.id) setCommand(event.command);
  });
  const isBusy = command !== undefined && command.exitCode === undefined;
  const retry = async (): Promise<void> => {
    setProblem('');
    try {
      setCommand(await client.post<StartedCommand>(`/api/runs/${run.id}/retry`, {}));
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
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
            disabled: isBusy,
            onClick: () => setDelivering(true),
          },
          `Deliver ${run.toDeliver} accepted…`,
        )
      : null,
    run.toRetry > 0 && run.state !== 'running'
      ? h(
          'button',
          {type: 'button', class: 'button', disabled: isBusy, onClick: () => void retry()},
          `Retry ${count(run.toRetry, 'job')}`,
        )
      : null,
    h(Alert, {text: problem}),
    command === undefined ? null : h(CommandState, {command}),
    isDelivering ? h(DeliverDialog, {run: run.id, onClose: () => setDelivering(false), onStarted: setCommand}) : null,
  );
}

function CommandState({command}: {command: StartedCommand}): ComponentChild {
  const {exitCode} = command;
  const word = exitCode === undefined ? 'goes on…' : exitCode === 0 ? 'ended well' : `ended with exit code ${exitCode}`;
  return h(
    'details',
    {class: 'command', open: exitCode !== undefined && exitCode > 1},
    h('summary', null, h('code', null, command.line), ` ${word}`),
    h('pre', {tabIndex: 0}, h(Text, {of: command.said === '' ? 'It has said nothing yet.' : command.said})),
  );
}

function DeliverDialog(props: {
  run: string;
  onClose(): void;
  onStarted(command: StartedCommand): void;
}): ComponentChild {
  const client = useClient();
  const [preview, setPreview] = useState<DeliverPreview>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    client
      .post<DeliverPreview>(`/api/runs/${props.run}/deliver/preview`, {})
      .then(setPreview)
      .catch((error: Error) => setProblem(error.message));
  }, []);
  const deliver = async (): Promise<void> => {
    try {
      props.onStarted(
        await client.post<StartedCommand>(`/api/runs/${props.run}/deliver`, {confirm: preview?.confirm ?? ''}),
      );
      props.onClose();
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  const targets = preview?.targets ?? [];
  return h(
    Dialog,
    {title: `Deliver ${count(targets.length, 'change')}?`, onClose: props.onClose},
    h('p', null, 'This is the step at which changes leave: each goes to the place beside it.'),
    h(
      List,
      {label: 'Where each change goes', columns: ['Repo', 'As', 'To', 'Diff'], numbers: 1, class: 'targets'},
      targets.map(target =>
        h(
          'tr',
          {key: target.job},
          h('td', null, h(Text, {of: target.repo}), h('span', {class: 'muted under'}, h(Text, {of: target.skill}))),
          h('td', null, target.deliver),
          h(
            'td',
            {class: 'wrap'},
            h(Text, {of: target.place}),
            target.branch === undefined ? null : h('span', {class: 'muted under'}, h(Text, {of: target.branch})),
          ),
          h('td', {class: 'number'}, `+${target.added} −${target.removed}`),
        ),
      ),
    ),
    h(Alert, {text: problem}),
    h(
      'div',
      {class: 'actions'},
      h(
        'button',
        {type: 'button', class: 'button primary', disabled: preview === undefined, onClick: () => void deliver()},
        `Deliver ${targets.length}`,
      ),
      h('button', {type: 'button', class: 'button', onClick: props.onClose}, 'Not now'),
    ),
  );
}

const reasons: readonly (readonly [RejectReason, string])[] = [
  ['wrong', 'it is not correct'],
  ['unwanted', 'correct, but not wanted here'],
  ['style', 'not how it is written here'],
  ['risky', 'too much can go wrong'],
];

export function RejectDialog(props: {
  what: string;
  onClose(): void;
  onReject(why: RejectReason, text: string): void;
}): ComponentChild {
  const [why, setWhy] = useState<RejectReason>('wrong');
  const [text, setText] = useState('');
  const submit = (event: Event): void => {
    event.preventDefault();
    props.onReject(why, text.trim());
  };
  return h(
    Dialog,
    {title: 'Reject', onClose: props.onClose},
    h(
      'form',
      {onSubmit: submit},
      h('p', null, h(Text, {of: props.what}), ' — the same change will not be proposed again.'),
      h(
        'fieldset',
        null,
        h('legend', null, 'Why?'),
        reasons.map(([reason, meaning]) =>
          h(
            'label',
            {class: 'choice'},
            h('input', {
              type: 'radio',
              name: 'why',
              value: reason,
              checked: why === reason,
              onChange: () => setWhy(reason),
            }),
            h('strong', null, reason),
            h('span', {class: 'muted'}, ` ${meaning}`),
          ),
        ),
      ),
      h(
        'label',
        {class: 'field'},
        'In your words, if you like',
        h('textarea', {
          rows: 2,
          maxLength: 2000,
          value: text,
          onInput: (event: Event) => setText((event.currentTarget as HTMLTextAreaElement).value),
        }),
      ),
      h(
        'div',
        {class: 'actions'},
        h('button', {type: 'submit', class: 'button danger'}, 'Reject'),
        h('button', {type: 'button', class: 'button', onClick: props.onClose}, 'Back'),
      ),
    ),
  );
}

export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose(): void;
  children?: preact.ComponentChildren;
}): ComponentChild {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => element.current?.showModal(), []);
  return h(
    'dialog',
    {ref: element, 'aria-labelledby': 'dialog-title', onClose, onCancel: onClose},
    h('h2', {id: 'dialog-title'}, title),
    children,
  );
}
