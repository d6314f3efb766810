import {type ComponentChild, h} from 'preact';
import {replacePlace} from './router.ts';

/** What nights came to, from two sides. */
export function TrendTabs({at}: {at: '/trends' | '/costs'}): ComponentChild {
  const link = (href: typeof at, name: string): ComponentChild =>
    h('a', {href, ...(href === at ? {'aria-current': 'page' as const} : {})}, name);
  return h(
    'nav',
    {class: 'tabs', 'aria-label': 'Trends and costs'},
    link('/trends', 'Trends'),
    link('/costs', 'Costs'),
  );
}

const spans = [7, 30, 90, 365] as const;

export function DayTabs({at, days, more = ''}: {at: string; days: number; more?: string}): ComponentChild {
  return h(
    'div',
    {role: 'group', 'aria-label': 'Days', class: 'tabs'},
    spans.map(span =>
      h(
        'button',
        {
          type: 'button',
          'aria-pressed': span === days,
          onClick: () => replacePlace(`${at}?days=${span}${more}`),
        },
        `${span} d`,
      ),
    ),
  );
}
