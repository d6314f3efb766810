import {type ComponentChild, h} from 'preact';
import type {Fault} from './client.ts';
import {capital} from './format.ts';
import {Text} from './text.ts';

/** What stands where nothing is known yet, or where it could not be read. */
export function Waiting({error}: {error: Fault | undefined}): ComponentChild {
  return error === undefined ? h('div', {class: 'loading', 'aria-busy': 'true'}) : h(Problem, {error});
}

/** What is wrong decides what to say: what is not there will not come back by starting the page again. */
export function Problem({error}: {error: Fault}): ComponentChild {
  const {title, advice} = explain(error);
  const [, first, run] = location.pathname.split('/');
  return h(
    'section',
    {class: 'empty', role: 'alert'},
    h('h1', null, h(Text, {of: title})),
    error.status === 404 ? null : h('p', null, h(Text, {of: error.message})),
    h('p', {class: 'muted'}, advice),
    error.status === 404
      ? h(
          'p',
          null,
          first === 'r' && run !== undefined && !error.message.includes('such run')
            ? [h('a', {href: `/r/${run}`}, 'The run'), ' · ']
            : null,
          h('a', {href: '/'}, 'The last night'),
        )
      : null,
  );
}

function explain({status, message}: Fault): {title: string; advice: string} {
  switch (status) {
    case undefined:
      return {
        title: 'No answer',
        advice: 'Is orchestrator serve still running? After a new start it has a new address.',
      };
    case 401:
      return {
        title: 'This page is of an earlier start',
        advice:
          'orchestrator serve has a new token with each start. Open the address that it printed, with all after the # sign.',
      };
    case 404:
      return {
        title: capital(message),
        advice: 'The address has a mistake, or orchestrator gc has removed it since.',
      };
    default:
      return {title: 'This could not be read', advice: 'Try it again; orchestrator doctor may say more.'};
  }
}
