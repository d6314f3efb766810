import {type ComponentChild, h} from 'preact';
import type {JobView} from '../api.ts';
import {Text} from './text.ts';

/** What was said and done, oldest first. */
export function Transcript({view}: {view: JobView}): ComponentChild {
  return h(
    'ol',
    {class: 'transcript'},
    view.transcript.map((entry, index) =>
      h(
        'li',
        {key: index, class: `said-by-${entry.role}${entry.isError ? ' said-error' : ''}`},
        h(
          'p',
          {class: 'who'},
          entry.role,
          entry.title === undefined ? null : h('span', {class: 'muted'}, ' · ', h(Text, {of: entry.title})),
        ),
        h('pre', {tabIndex: 0}, h(Text, {of: entry.text})),
      ),
    ),
  );
}
