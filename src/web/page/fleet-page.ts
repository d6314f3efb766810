import {type ComponentChild, Fragment, h} from 'preact';
import {useState} from 'preact/hooks';
import {type Standing, standings} from '../../domain/standing.ts';
import type {FleetSquare} from '../api.ts';
import {FleetSquares} from './fleet-squares.ts';
import {FleetTiles} from './fleet-tiles.ts';
import {number} from './format.ts';
import {useLive} from './live.ts';
import {Waiting} from './problem.ts';
import {RepoHistory} from './repo-history.ts';
import {encodeValue, replacePlace} from './router.ts';
import {StateBar} from './state-bar.ts';
import {useData} from './use-data.ts';
import {useTitle} from './use-title.ts';

/** More names than that are no longer read one by one. */
const mostTiles = 200;

/** Each repo by where its last job stands: what failed first, by name as long as there are not too many. */
export function FleetPage({place}: {place: URL}): ComponentChild {
  const {value, error, reload} = useData<FleetSquare[]>('/api/fleet');
  const [text, setText] = useState('');
  useTitle('Fleet');
  useLive(event => {
    if (event.type === 'run' && event.run.state !== 'running') reload();
  });
  if (value === undefined) return h(Waiting, {error});
  if (value.length === 0)
    return h(
      'section',
      {class: 'empty'},
      h('h1', null, 'No repo has had a job yet'),
      h('p', null, 'Begin with: ', h('code', null, 'orchestrator init')),
    );
  const query = place.searchParams;
  const [chosen, tag] = [query.get('repo'), query.get('tag')];
  const standing = standings.find(known => known === query.get('standing')) ?? 'all';
  const go = (change: Readonly<Record<string, string | null>>): void => replacePlace(withQuery(place, change));
  const tagged = value.filter(({tags}) => tag === null || tags.includes(tag));
  const shown = tagged
    .filter(square => (standing === 'all' || square.standing === standing) && holds(square, text))
    .sort((a, b) => rank(a) - rank(b) || (a.repo < b.repo ? -1 : 1));
  const tags = [...new Set(value.flatMap(square => square.tags))].sort();
  const View = shown.length > mostTiles ? FleetSquares : FleetTiles;
  return h(
    Fragment,
    null,
    h(
      'section',
      {class: 'hero'},
      h('h1', null, 'Fleet'),
      h('p', {class: 'muted'}, `${number(value.length)} repos, by where the last job of each stands`),
    ),
    h(
      'div',
      {class: 'filters'},
      h(StateBar, {
        counts: countStandings(tagged),
        chosen: standing,
        onChoose: next => go({standing: next === 'all' ? null : next}),
      }),
      h('input', {
        type: 'search',
        'aria-label': 'Filter by text',
        placeholder: 'repo, skill, cause …',
        value: text,
        onInput: event => setText(event.currentTarget.value),
      }),
    ),
    tags.length === 0 ? null : h(Tags, {tags, chosen: tag, onChoose: next => go({tag: next})}),
    h(
      'div',
      {class: `fleet ${chosen === null ? '' : 'fleet-open'}`},
      shown.length === 0
        ? h('p', {class: 'empty'}, 'No repo is like that.')
        : h(View, {squares: shown, chosen, onChoose: repo => go({repo: repo === chosen ? null : repo})}),
      chosen === null ? null : h(RepoHistory, {key: chosen, repo: chosen, onClose: () => go({repo: null})}),
    ),
  );
}

export interface FleetViewProps {
  readonly squares: readonly FleetSquare[];
  readonly chosen: string | null;
  onChoose(repo: string): void;
}

const order: readonly Standing[] = ['failed', 'not-started', 'to-review'];

/** What failed comes first, then what waits for a person. */
function rank({standing}: FleetSquare): number {
  const first = order.indexOf(standing);
  return first === -1 ? order.length + standings.indexOf(standing) : first;
}

function holds({repo, skill, standing, reason = '', message = ''}: FleetSquare, text: string): boolean {
  const all = `${repo} ${skill} ${standing} ${reason} ${message}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every(word => all.includes(word));
}

function countStandings(squares: readonly FleetSquare[]): Partial<Record<Standing, number>> {
  const groups = Map.groupBy(squares, square => square.standing);
  return Object.fromEntries([...groups].map(([standing, some]) => [standing, some.length]));
}

function Tags(props: {
  tags: readonly string[];
  chosen: string | null;
  onChoose(tag: string | null): void;
}): ComponentChild {
  const {tags, chosen, onChoose} = props;
  const button = (name: string, tag: string | null): ComponentChild =>
    h('button', {type: 'button', 'aria-pressed': tag === chosen, onClick: () => onChoose(tag)}, name);
  return h(
    'div',
    {role: 'group', 'aria-label': 'Tag', class: 'tabs small tags'},
    button('any tag', null),
    tags.map(tag => button(tag, tag)),
  );
}

function withQuery(place: URL, change: Readonly<Record<string, string | null>>): string {
  const query = new Map([...place.searchParams, ...Object.entries(change)]);
  const parts = [...query].flatMap(([name, value]) => (value === null ? [] : [`${name}=${encodeValue(value)}`]));
  return parts.length === 0 ? '/fleet' : `/fleet?${parts.join('&')}`;
}
