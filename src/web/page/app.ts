import {type ComponentChild, h} from 'preact';
import {useState} from 'preact/hooks';
import type {Standing} from '../api.ts';
import {type Client, ClientContext} from './client.ts';
import {CostsPage} from './costs-page.ts';
import {FleetPage} from './fleet-page.ts';
import {JobPage} from './job-page.ts';
import {type Live, LiveContext, useLive} from './live.ts';
import {NotFound} from './not-found.ts';
import {ReviewPage} from './review-page.ts';
import {usePlace} from './router.ts';
import {RunPage} from './run-page.ts';
import {SettingsPage} from './settings-page.ts';
import {SkillPage} from './skill-page.ts';
import {TonightPage} from './tonight-page.ts';
import {TrendsPage} from './trends-page.ts';

export function App({client, live}: {client: Client; live: Live}): ComponentChild {
  return h(
    ClientContext.Provider,
    {value: client},
    h(LiveContext.Provider, {value: live}, h(Frame, {hasToken: client.hasToken})),
  );
}

const places = [
  ['/', 'Tonight'],
  ['/review', 'Review'],
  ['/fleet', 'Fleet'],
  ['/trends', 'Trends'],
  ['/settings', 'Settings'],
] as const;

function Frame({hasToken}: {hasToken: boolean}): ComponentChild {
  const place = usePlace();
  return h(
    'div',
    {class: 'frame'},
    h('a', {class: 'skip', href: '#main', onClick: focusMain}, 'Skip to content'),
    h(
      'header',
      {class: 'top'},
      h('a', {class: 'brand', href: '/'}, h('span', {class: 'mark', 'aria-hidden': 'true'}), 'orchestrator'),
      h(
        'nav',
        {'aria-label': 'Pages'},
        places.map(([path, name]) =>
          h('a', {href: path, ...(isAt(place, path) ? {'aria-current': 'page' as const} : {})}, name),
        ),
      ),
    ),
    h('main', {id: 'main', tabIndex: -1}, hasToken ? h(Page, {place}) : h(NoToken, {})),
    h(Announcer, {}),
  );
}

/** Costs are a side of the trends, a job is a part of its night. */
function isAt({pathname}: URL, path: string): boolean {
  return pathname === path || (path === '/trends' && pathname === '/costs');
}

function Page({place}: {place: URL}): ComponentChild {
  const [, first = '', second = '', third = '', ...more] = place.pathname.split('/');
  const parts = [first, second, third].filter(part => part !== '').length + more.length;
  if (first === 'r' && parts === 3) return h(JobPage, {key: `${second}/${third}`, run: second, job: third, place});
  if (first === 'r' && parts === 2) return h(RunPage, {key: second, run: second, place});
  if (first === 'skills' && parts === 2) return h(SkillPage, {key: second, name: second});
  if (parts > 1) return h(NotFound, {path: place.pathname});
  switch (first) {
    case '':
      return h(TonightPage, {});
    case 'review':
      return h(ReviewPage, {place});
    case 'fleet':
      return h(FleetPage, {place});
    case 'trends':
      return h(TrendsPage, {place});
    case 'costs':
      return h(CostsPage, {place});
    case 'settings':
      return h(SettingsPage, {});
    default:
      return h(NotFound, {path: place.pathname});
  }
}

function NoToken(): ComponentChild {
  return h(
    'section',
    {class: 'empty'},
    h('h1', null, 'This page needs its whole address'),
    h(
      'p',
      null,
      'Open the address that ',
      h('code', null, 'orchestrator serve'),
      ' printed first, with everything after the # sign.',
    ),
    h(
      'p',
      {class: 'muted'},
      'It holds a token that is new with each start, so that no other page or user of this machine can read what is here.',
    ),
  );
}

/** Says what changed to those who do not see it. */
function Announcer(): ComponentChild {
  const [text, setText] = useState('');
  useLive(event => {
    if (event.type === 'command' && event.command.exitCode !== undefined) {
      setText(`${event.command.what} ended with exit code ${event.command.exitCode}`);
    }
    if (event.type !== 'run') return;
    const {standings, toReview, state} = event.run;
    const of = (standing: Standing): number => standings[standing] ?? 0;
    setText(`Run ${state}: ${toReview} to review, ${of('delivered')} delivered, ${of('failed')} failed`);
  });
  return h('p', {class: 'unseen', 'aria-live': 'polite', role: 'status'}, text);
}

function focusMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
