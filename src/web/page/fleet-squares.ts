import {type ComponentChild, Fragment, h} from 'preact';
import {useState} from 'preact/hooks';
import type {FleetSquare} from '../api.ts';
import type {FleetViewProps} from './fleet-page.ts';
import {moment, words} from './format.ts';
import {Text} from './text.ts';

/** One square with a letter for each repo, for fleets whose names nobody reads one by one. */
export function FleetSquares({squares, chosen, onChoose}: FleetViewProps): ComponentChild {
  const [hovered, setHovered] = useState<FleetSquare>();
  const first = squares.some(({repo}) => repo === chosen) ? chosen : squares[0]?.repo;
  return h(
    Fragment,
    null,
    h(
      'div',
      {class: 'squares', role: 'group', 'aria-label': 'Repos; arrow keys move', onKeyDown: moveBetweenSquares},
      squares.map(square =>
        h(
          'button',
          {
            type: 'button',
            key: square.repo,
            class: `square square-${square.standing}`,
            tabIndex: square.repo === first ? 0 : -1,
            'aria-label': describe(square),
            'aria-pressed': square.repo === chosen,
            title: describe(square),
            onMouseEnter: () => setHovered(square),
            onFocus: () => setHovered(square),
            onClick: () => onChoose(square.repo),
          },
          words[square.standing].letter,
        ),
      ),
    ),
    h(
      'p',
      {class: 'cause', 'aria-hidden': 'true'},
      hovered === undefined
        ? h('span', {class: 'muted'}, 'Point at a square for its cause; click for its history.')
        : h(Text, {of: describe(hovered)}),
    ),
  );
}

function describe({repo, skill, standing, reason, message, endedAt}: FleetSquare): string {
  const when = endedAt === undefined ? '' : ` · ${moment(endedAt)}`;
  return `${repo} · ${skill} · ${words[standing].word}${reason === undefined ? '' : ` ${reason}`}${message === undefined ? '' : `: ${message}`}${when}`;
}

function moveBetweenSquares(event: KeyboardEvent): void {
  const squares = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>('.square')];
  const at = squares.indexOf(document.activeElement as HTMLElement);
  const top = squares[0]?.offsetTop;
  const below = squares.findIndex(square => square.offsetTop !== top);
  const wide = below === -1 ? squares.length : below;
  const by = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide}[event.key];
  if (by === undefined || at < 0) return;
  event.preventDefault();
  squares[Math.min(squares.length - 1, Math.max(0, at + by))]?.focus();
}
