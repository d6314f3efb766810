import {type ComponentChild, h} from 'preact';
import {type Standing, standings} from '../../domain/standing.ts';
import {capital, number, words} from './format.ts';

export interface StateBarProps {
  readonly counts: Readonly<Partial<Record<Standing, number>>>;
  /** Where a click on each leads; without it they only say. */
  readonly hrefOf?: (standing: Standing) => string;
  /** Makes a choice of them: the one that is chosen, with all of them first. */
  readonly chosen?: Standing | 'all';
  readonly onChoose?: (chosen: Standing | 'all') => void;
}

/** Where the jobs of a run stand, each in one part: the same bar on every page. */
export function StateBar({counts, hrefOf, chosen, onChoose}: StateBarProps): ComponentChild {
  const shown = standings.filter(standing => (counts[standing] ?? 0) > 0 || standing === chosen);
  const total = standings.reduce((sum, standing) => sum + (counts[standing] ?? 0), 0);
  const part = (standing: Standing | 'all', value: number): ComponentChild => {
    const label = [
      standing === 'all' ? 'All' : h('span', {class: `dot seg-${standing}`, 'aria-hidden': 'true'}),
      standing === 'all' ? ' ' : `${capital(words[standing].word)} `,
      h('strong', null, number(value)),
    ];
    if (onChoose !== undefined) {
      const pressed = {'aria-pressed': standing === chosen, onClick: () => onChoose(standing)};
      return h('button', {type: 'button', ...pressed}, label);
    }
    return hrefOf === undefined || standing === 'all' ? label : h('a', {href: hrefOf(standing)}, label);
  };
  return h(
    'div',
    {class: 'standing'},
    h(
      'div',
      {class: 'standing-bar', 'aria-hidden': 'true'},
      shown.map(standing => h('span', {class: `seg-${standing}`, style: {flexGrow: counts[standing] ?? 0}})),
    ),
    h(
      'ul',
      onChoose === undefined ? {class: 'standing-words'} : {class: 'standing-words tabs', 'aria-label': 'Which jobs'},
      onChoose === undefined ? null : h('li', null, part('all', total)),
      shown.map(standing => h('li', {key: standing}, part(standing, counts[standing] ?? 0))),
    ),
  );
}
