import {type ComponentChild, Fragment, h} from 'preact';
import {useState} from 'preact/hooks';
import type {FleetSquare, JobRow, RowState as RowStateName} from '../api.ts';
import {moment, states, usd} from './format.ts';
import {useLive} from './live.ts';
import {List, RowState, Waiting} from './pieces.ts';
import {encodeValue, replacePlace} from './router.ts';
import {Text} from './text.ts';
import {useData} from './use-data.ts';

/** One square for each repo: how its last job ended. */
export function FleetPage({place}: {place: URL}): ComponentChild {
  const {value, error, reload} = useData<FleetSquare[]>('/api/fleet');
  const [hovered, setHovered] = useState<FleetSquare>();
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
  const chosen = place.searchParams.get('repo');
  const counts = Map.groupBy(value, ({state}) => state);
  return h(
    Fragment,
    null,
    h(
      'section',
      {class: 'hero'},
      h('h1', null, 'Fleet'),
      h('p', {class: 'muted'}, `${value.length.toLocaleString('en')} repos, by how the last job of each ended`),
    ),
    h(
      'ul',
      {class: 'legend'},
      (Object.keys(states) as RowStateName[])
        .filter(state => counts.has(state))
        .map(state =>
          h(
            'li',
            null,
            h('span', {class: `square square-${state}`, 'aria-hidden': 'true'}, states[state].letter),
            ` ${states[state].word} `,
            h('span', {class: 'muted'}, counts.get(state)!.length),
          ),
        ),
    ),
    h(
      'div',
      {class: 'squares', role: 'group', 'aria-label': 'Repos; arrow keys move', onKeyDown: moveBetweenSquares},
      value.map((square, index) =>
        h(
          'button',
          {
            type: 'button',
            key: square.repo,
            class: `square square-${square.state}`,
            tabIndex: square.repo === chosen || (chosen === null && index === 0) ? 0 : -1,
            'aria-label': describe(square),
            'aria-pressed': square.repo === chosen,
            title: describe(square),
            onMouseEnter: () => setHovered(square),
            onFocus: () => setHovered(square),
            onClick: () => replacePlace(`/fleet?repo=${encodeValue(square.repo)}`),
          },
          states[square.state].letter,
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
    chosen === null ? null : h(History, {key: chosen, repo: chosen}),
  );
}

function describe({repo, skill, state, reason, message, endedAt}: FleetSquare): string {
  const when = endedAt === undefined ? '' : ` · ${moment(endedAt)}`;
  return `${repo} · ${skill} · ${states[state].word}${reason === undefined ? '' : ` ${reason}`}${message === undefined ? '' : `: ${message}`}${when}`;
}

function History({repo}: {repo: string}): ComponentChild {
  const {value, error} = useData<{run: string; row: JobRow}[]>(`/api/fleet/history?repo=${encodeValue(repo)}`);
  if (value === undefined) return h(Waiting, {error});
  return h(
    'section',
    {class: 'block'},
    h('h2', null, h(Text, {of: repo})),
    h(
      List,
      {label: `History of ${repo}`, columns: ['When', 'Skill', 'Result', 'Diff', 'USD'], numbers: 2},
      value.map(({run, row}) =>
        h(
          'tr',
          {key: `${run}/${row.id}`},
          h(
            'td',
            null,
            h('a', {href: `/r/${run}/${row.id}`}, row.startedAt === undefined ? run : moment(row.startedAt)),
          ),
          h('td', null, h(Text, {of: row.skill})),
          h('td', null, h(RowState, {row}), row.reason === undefined ? '' : ` ${row.reason}`),
          h('td', {class: 'number'}, row.files === 0 ? '–' : `+${row.added} −${row.removed}`),
          h('td', {class: 'number'}, usd(row.costUsd)),
        ),
      ),
    ),
  );
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
