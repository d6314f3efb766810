import {type ComponentChild, h} from 'preact';
import {useState} from 'preact/hooks';
import type {RejectReason} from '../api.ts';
import {Dialog} from './dialog.ts';
import {Text} from './text.ts';

const reasons: readonly (readonly [RejectReason, string])[] = [
  ['wrong', 'it is not correct'],
  ['unwanted', 'correct, but not wanted here'],
  ['style', 'not how it is written here'],
  ['risky', 'too much can go wrong'],
];

export interface RejectDialogProps {
  readonly what: string;
  onClose(): void;
  onReject(why: RejectReason, text: string): void;
}

/** Asks why. A letter chooses, Enter says it: three keys for a rejection. */
export function RejectDialog({what, onClose, onReject}: RejectDialogProps): ComponentChild {
  const [why, setWhy] = useState<RejectReason>('wrong');
  const [text, setText] = useState('');
  const submit = (event: Event): void => {
    event.preventDefault();
    onReject(why, text.trim());
  };
  const choose = (event: KeyboardEvent): void => {
    const isTyping = (event.target as Element).matches('textarea');
    const chosen = reasons.find(([reason]) => reason.startsWith(event.key));
    if (isTyping && !(event.key === 'Enter' && (event.ctrlKey || event.metaKey))) return;
    if (event.key === 'Enter' && !(event.target as Element).matches('button')) submit(event);
    else if (chosen !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      setWhy(chosen[0]);
    }
  };
  return h(
    Dialog,
    {title: 'Reject', onClose, onKeyDown: choose},
    h(
      'form',
      {onSubmit: submit},
      h('p', null, h(Text, {of: what}), ' — the same change will not be proposed again.'),
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
            h('kbd', {'aria-hidden': 'true'}, reason[0]),
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
        h('button', {type: 'submit', class: 'button danger'}, 'Reject ', h('kbd', {'aria-hidden': 'true'}, 'Enter')),
        h(
          'button',
          {type: 'button', class: 'button', onClick: onClose},
          'Back ',
          h('kbd', {'aria-hidden': 'true'}, 'Esc'),
        ),
      ),
    ),
  );
}
