import {type ComponentChild, h} from 'preact';
import {Text} from './text.ts';
import {useTitle} from './use-title.ts';

/** An address that leads nowhere, with the ways on. */
export function NotFound({path}: {path: string}): ComponentChild {
  useTitle('Not found');
  return h(
    'section',
    {class: 'empty'},
    h('h1', null, 'There is no such page'),
    h('p', null, h('code', null, h(Text, {of: path})), ' leads nowhere.'),
    h(
      'p',
      null,
      h('a', {href: '/'}, 'The last night'),
      ', ',
      h('a', {href: '/review'}, 'what there is to review'),
      ' or ',
      h('a', {href: '/fleet'}, 'the fleet'),
      '.',
    ),
  );
}
