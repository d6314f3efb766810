import {type ComponentChild, h} from 'preact';
import {useState} from 'preact/hooks';
import type {Standing} from '../api.ts';
import {type Client, ClientContext} from './client.ts';
import {CostsPage} from './costs-page.ts';
import {FleetPage} from './fleet-page.ts';
import {JobPage} from './job-page.ts';
import {type Live, LiveContext, useLive} from './live.ts';
import {ReviewPage} from './review-page.ts';
import {usePlace} from './router.ts';
import {RunPage} from './run-page.ts';
import {TonightPage} from './tonight-page.ts';

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
  ['/costs', 'Costs'],
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
          h('a', {href: path, ...(place.pathname === path ? {'aria-current': 'page' as const} : {})}, name),
        ),
      ),
    ),
    h('main', {id: 'main', tabIndex: -1}, hasToken ? h(Page, {place}) : h(NoToken, {})),
    h(Announcer, {}),
  );
}

function Page({place}: {place: URL}): ComponentChild {
  const [, first = '', run, job] = place.pathname.split('/');
  if (first === 'r' && run !== undefined && job !== undefined)
    return h(JobPage, {key: `${run}/${job}`, run, job, place});
  if (first === 'r' && run !== undefined) return h(RunPage, {key: run, run, place});
  if (first === 'review') return h(ReviewPage, {place});
  if (first === 'fleet') return h(FleetPage, {place});
  if (first === 'costs') return h(CostsPage, {place});
  return h(TonightPage, {});
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
