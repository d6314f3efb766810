import {type ComponentChild, h} from 'preact';
import {useEffect, useRef} from 'preact/hooks';
import type {JobRow} from '../api.ts';
import {deliveredText} from './destination-text.ts';
import {moment, usd} from './format.ts';
import {Diffstat, Doubt, RowState} from './pieces.ts';
import {Waiting} from './problem.ts';
import {encodeValue} from './router.ts';
import {SkillLink} from './skill-link.ts';
import {Text} from './text.ts';
import {useData} from './use-data.ts';

/** Everything that was done in a repo, newest first, with its fate. */
export function RepoHistory({repo, onClose}: {repo: string; onClose(): void}): ComponentChild {
  const {value, error} = useData<{run: string; row: JobRow}[]>(`/api/fleet/history?repo=${encodeValue(repo)}`);
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    if (value !== undefined) element.current?.scrollIntoView({block: 'nearest'});
  }, [value]);
  return h(
    'aside',
    {ref: element, class: 'history', 'aria-label': `History of ${repo}`},
    h(
      'div',
      {class: 'history-head'},
      h('h2', null, h(Text, {of: repo})),
      h('button', {type: 'button', class: 'button quiet small', onClick: onClose}, 'Close'),
    ),
    value === undefined
      ? h(Waiting, {error})
      : h(
          'ol',
          {class: 'plain'},
          value.map(({run, row}) => h(Entry, {key: `${run}/${row.id}`, run, row})),
        ),
  );
}

function Entry({run, row}: {run: string; row: JobRow}): ComponentChild {
  const text = row.delivered === undefined ? row.message : deliveredText(row.delivered);
  return h(
    'li',
    {class: 'history-entry'},
    h(
      'p',
      {class: 'history-line'},
      h('a', {href: `/r/${run}/${row.id}`}, row.startedAt === undefined ? run : moment(row.startedAt)),
      h('span', {class: 'muted'}, h(SkillLink, {name: row.skill})),
    ),
    h(
      'p',
      {class: 'history-line'},
      h('span', null, h(RowState, {row}), ' ', h(Doubt, {row})),
      h(
        'span',
        {class: 'muted'},
        row.files === 0 ? null : h(Diffstat, {of: row}),
        row.costUsd ? ` ${usd(row.costUsd)} USD` : null,
      ),
    ),
    text === undefined ? null : h('p', {class: 'muted under'}, h(Text, {of: text})),
  );
}
