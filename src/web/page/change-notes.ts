import {type ComponentChild, h} from 'preact';
import {authors} from '../../domain/author.ts';
import {duration} from '../../util/duration.ts';
import type {ChangeView} from '../api.ts';
import {Text} from './text.ts';

/** Why the change was made, and what there is to say about it before one reads it. */
export function ChangeNotes({change}: {change: ChangeView}): ComponentChild {
  const {summary, findings, verified, decision, mode} = change;
  return h(
    'div',
    {class: 'notes'},
    summary === undefined || summary === ''
      ? null
      : h('blockquote', null, h(Text, {of: summary}), h('footer', {class: 'muted'}, `${authors[mode]}'s words`)),
    findings.length === 0 ? null : h(PolicyList, {change}),
    verified.length === 0
      ? null
      : h(
          'p',
          {class: 'chips'},
          verified.map(({command, after}) =>
            h(
              'span',
              {class: `chip ${after === 'passed' ? 'chip-good' : 'chip-bad'}`},
              after === 'passed' ? '✓ ' : '✗ ',
              h(Text, {of: command}),
              after === 'passed' ? '' : ` ${after}`,
            ),
          ),
        ),
    decision.kind === 'rejected'
      ? h(
          'p',
          {class: 'state-failed'},
          `Rejected: ${decision.why}`,
          decision.text === undefined ? null : h('span', null, ' · ', h(Text, {of: decision.text})),
        )
      : null,
  );
}

export function PolicyList({change}: {change: ChangeView}): ComponentChild {
  return h(
    'ul',
    {class: 'findings'},
    change.findings.map(({rule, path, detail}) =>
      h(
        'li',
        null,
        h('span', {class: 'chip chip-warn'}, rule),
        ' ',
        path === undefined ? null : h('code', null, h(Text, {of: path})),
        ' ',
        h(Text, {of: detail}),
      ),
    ),
  );
}

export function VerifyList({change}: {change: ChangeView}): ComponentChild {
  return h(
    'ul',
    {class: 'verified'},
    change.verified.map(({command, before, after, durationMs, output}) =>
      h(
        'li',
        null,
        h(
          'p',
          null,
          h('span', {class: `chip ${after === 'passed' ? 'chip-good' : 'chip-bad'}`}, after),
          ' ',
          h('code', null, h(Text, {of: command})),
          h('span', {class: 'muted'}, ` ${duration(durationMs)} · before the change: ${before}`),
        ),
        output === '' ? null : h('pre', {tabIndex: 0}, h(Text, {of: output})),
      ),
    ),
  );
}
