import {type ComponentChild, type ComponentChildren, h} from 'preact';
import {duration} from '../../util/duration.ts';
import type {JobView} from '../api.ts';
import {deliveredText, destinationText} from './destination-text.ts';
import {number, usd} from './format.ts';
import {Text} from './text.ts';

/** The figures of a job, those that it has. */
export function JobFacts({view}: {view: JobView}): ComponentChild {
  const {row, tokens, delivered, mode} = view;
  const facts: (readonly [string, ComponentChildren])[] = [
    [
      'Cost',
      `${usd(row.costUsd)}${row.costUsd == null ? '' : ' USD'}${view.replayed ? ', from a recorded reply' : ''}`,
    ],
    ['Time', row.durationMs === undefined ? '' : duration(row.durationMs)],
    ['Mode', mode],
    ['Model', view.model === null || mode === 'script' ? '' : h(Text, {of: view.model})],
    ['Sandbox', view.sandbox === undefined ? '' : h(Text, {of: view.sandbox})],
    ['Tokens', tokens.input + tokens.output === 0 ? '' : `${number(tokens.input)} in, ${number(tokens.output)} out`],
    // A script and an agent write what they like.
    ['Output', mode === 'simple' ? h(Text, {of: view.output}) : ''],
    [
      delivered === undefined ? 'Would go to' : 'Delivered',
      h(Text, {of: delivered === undefined ? destinationText(view.destination) : deliveredText(delivered)}),
    ],
    ['Repo', h(Text, {of: view.destination.place})],
  ];
  return h(
    'dl',
    {class: 'facts'},
    facts
      .filter(([, value]) => value !== '')
      .map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))),
  );
}
