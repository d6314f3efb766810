import {type ComponentChild, h} from 'preact';
import type {Trends} from '../api.ts';
import {count, dayText, number} from './format.ts';

/** So many causes have a tone of their own; the rest share one. */
const tones = 5;

/** Why jobs failed, week by week, the causes above one another. */
export function FailureCauses({trends}: {trends: Trends}): ComponentChild {
  const {failures, weeks} = trends;
  if (failures.length === 0)
    return h(
      'section',
      {class: 'block'},
      h('h2', null, 'Failures by cause'),
      h('p', {class: 'muted'}, 'Nothing failed.'),
    );
  const most = Math.max(...weeks.map((_, week) => failures.reduce((sum, cause) => sum + cause.weeks[week]!, 0)));
  return h(
    'section',
    {class: 'block'},
    h('h2', null, 'Failures by cause'),
    h(
      'div',
      {class: 'causes'},
      h(
        'ol',
        {class: 'cause-weeks', 'aria-label': `Failures by week, at most ${most}`},
        weeks.map((week, index) => h(Week, {key: week, week, index, failures, most})),
      ),
      h(
        'ul',
        {class: 'plain'},
        failures.map(({reason, jobs}, index) =>
          h(
            'li',
            {key: reason},
            h('span', {class: `dot tone-${Math.min(index, tones)}`, 'aria-hidden': 'true'}),
            reason,
            h('span', {class: 'muted'}, ` ${number(jobs)}`),
          ),
        ),
      ),
    ),
  );
}

interface WeekProps {
  readonly week: string;
  readonly index: number;
  readonly failures: Trends['failures'];
  readonly most: number;
}

function Week({week, index, failures, most}: WeekProps): ComponentChild {
  const parts = failures.map(({reason, weeks}) => [reason, weeks[index]!] as const).filter(([, jobs]) => jobs > 0);
  const total = parts.reduce((sum, [, jobs]) => sum + jobs, 0);
  const text = `${week}: ${total === 0 ? 'nothing failed' : parts.map(([reason, jobs]) => `${reason} ${jobs}`).join(', ')}`;
  return h(
    'li',
    {title: text},
    h('span', {class: 'unseen'}, text, ' ', count(total, 'failure')),
    h(
      'span',
      {class: 'cause-stack', 'aria-hidden': 'true', style: {height: `${(total / most) * 100}%`}},
      failures.map(({reason, weeks}, cause) =>
        weeks[index] === 0
          ? null
          : h('span', {key: reason, class: `tone-${Math.min(cause, tones)}`, style: {flexGrow: weeks[index]}}),
      ),
    ),
    h('span', {class: 'cause-label', 'aria-hidden': 'true'}, dayText(week)),
  );
}
