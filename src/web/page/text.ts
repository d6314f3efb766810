import {type ComponentChild, Fragment, h} from 'preact';
import {splitHidden} from '../../util/split-hidden.ts';

/** Untrusted text as plain text, with what cannot be seen shown as a chip. */
export function Text({of}: {of: string}): ComponentChild {
  const pieces = splitHidden(of);
  return h(
    Fragment,
    null,
    pieces.map(piece =>
      typeof piece === 'string'
        ? piece
        : h('span', {class: 'chip chip-bad', title: 'a character that cannot be seen'}, piece.hidden),
    ),
  );
}
