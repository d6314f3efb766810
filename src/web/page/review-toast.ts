import {type ComponentChild, h} from 'preact';
import {capital, count} from './format.ts';
import {lastDecision, type Queue} from './review-queue.ts';
import {Text} from './text.ts';

/** What was decided last, with the way back; stays until something else is decided. */
export function ReviewToast({queue, undo}: {queue: Queue; undo(): void}): ComponentChild {
  const last = lastDecision(queue);
  const [first, ...others] = last?.repos ?? [];
  return h(
    'div',
    {class: 'toast', role: 'status'},
    last === undefined || first === undefined
      ? null
      : h(
          'div',
          {class: 'toast-body'},
          h(
            'span',
            null,
            `${capital(last.kind)}: `,
            h(Text, {of: first}),
            others.length === 0 ? '' : ` and ${count(others.length, 'more repo')}`,
          ),
          h('button', {type: 'button', class: 'link', onClick: undo}, 'Undo ', h('kbd', {'aria-hidden': 'true'}, 'u')),
        ),
  );
}
