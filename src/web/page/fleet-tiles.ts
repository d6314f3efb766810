import {type ComponentChild, h} from 'preact';
import type {FleetViewProps} from './fleet-page.ts';
import {age} from './format.ts';
import {Doubt, RowState} from './pieces.ts';
import {Text} from './text.ts';

/** A tile with its name for each repo. */
export function FleetTiles({squares, chosen, onChoose}: FleetViewProps): ComponentChild {
  return h(
    'ul',
    {class: 'tiles'},
    squares.map(square =>
      h(
        'li',
        {key: square.repo},
        h(
          'button',
          {
            type: 'button',
            class: `tile tile-${square.standing}`,
            'aria-pressed': square.repo === chosen,
            ...(square.message === undefined ? {} : {title: square.message}),
            onClick: () => onChoose(square.repo),
          },
          h('span', {class: 'tile-name'}, h(Text, {of: square.repo})),
          h(
            'span',
            {class: 'tile-state'},
            h(RowState, {row: square}),
            square.standing === 'failed' ? [' ', h(Doubt, {row: {...square, state: 'failed'}})] : null,
          ),
          h('span', {class: 'tile-age muted'}, square.endedAt === undefined ? '' : age(square.endedAt)),
        ),
      ),
    ),
  );
}
