import {type ComponentChild, Fragment, h} from 'preact';
import type {SkillText, SkillView} from '../api.ts';
import {FailureCauses} from './failure-causes.ts';
import {number, usd} from './format.ts';
import {Waiting} from './problem.ts';
import {Text} from './text.ts';
import {perAccepted, share} from './trends-page.ts';
import {useData} from './use-data.ts';
import {useTitle} from './use-title.ts';
import {WeekBars} from './week-bars.ts';

/** One skill: what it says, and what it came to. */
export function SkillPage({name}: {name: string}): ComponentChild {
  const {value, error} = useData<SkillView>(`/api/skills/${name}`);
  useTitle(name);
  if (value === undefined) return h(Waiting, {error});
  const {skill, problem, trends} = value;
  return h(
    Fragment,
    null,
    h(
      'section',
      {class: 'hero'},
      h('p', {class: 'eyebrow'}, 'Skill'),
      h('h1', null, name),
      skill === undefined
        ? h('p', {class: 'notice'}, h(Text, {of: problem ?? ''}))
        : h('p', null, h(Text, {of: skill.description})),
      h(Figures, {view: value}),
    ),
    skill === undefined ? null : h(Instructions, {skill}),
    trends.skills.length === 0 ? null : h(FailureCauses, {trends}),
  );
}

function Figures({view: {skill, trends}}: {view: SkillView}): ComponentChild {
  const [trend] = trends.skills;
  const facts: (readonly [string, ComponentChild])[] = [
    ...(skill === undefined ? [] : factsOf(skill)),
    ...(trend === undefined
      ? []
      : ([
          [`Jobs in ${trends.days} days`, `${number(trend.jobs)}, ${share(trend.skipped, trend.jobs)} skipped`],
          ['Failed', number(trend.failed)],
          ['Accepted', `${number(trend.accepted)} (${share(trend.accepted, trend.accepted + trend.rejected)})`],
          ['Waiting', number(trend.waiting)],
          ['Cost', `${usd(trend.costUsd)} USD, ${perAccepted(trend.costUsd, trend.accepted)} per accepted`],
          ['Accepted by week', h(WeekBars, {weeks: trends.weeks, trend})],
        ] as const)),
  ];
  return h(
    'dl',
    {class: 'facts'},
    facts.map(([term, value]) => h('div', null, h('dt', null, term), h('dd', null, value))),
  );
}

function factsOf({
  mode,
  output,
  source,
  directory,
  digest,
  allowedTools,
}: SkillText): (readonly [string, ComponentChild])[] {
  return [
    ...(mode === undefined ? [] : ([['Mode', mode]] as const)),
    ...(output === undefined ? [] : ([['Output', h(Text, {of: output})]] as const)),
    ...(allowedTools.length === 0 ? [] : ([['Tools', h(Text, {of: allowedTools.join(', ')})]] as const)),
    ['From', source === 'shipped' ? 'this package' : h(Text, {of: directory})],
    ['Version', h('code', {title: digest}, digest.slice(0, 12))],
  ];
}

function Instructions({skill}: {skill: SkillText}): ComponentChild {
  return h(
    'section',
    {class: 'block prompt'},
    h('h2', null, 'What it says'),
    h('pre', {class: 'raw', tabIndex: 0}, h(Text, {of: skill.instructions})),
    skill.template === undefined
      ? null
      : h(
          'details',
          null,
          h('summary', null, 'template.md'),
          h('pre', {class: 'raw', tabIndex: 0}, h(Text, {of: skill.template})),
        ),
    skill.references.length === 0
      ? null
      : h('p', {class: 'muted'}, 'With ', h(Text, {of: skill.references.join(', ')})),
  );
}
