import {type ComponentChild, h} from 'preact';
import type {Fault} from './client.ts';
import {Text} from './text.ts';

/** What stands where nothing is known yet, or where it could not be read. */
export function Waiting({error}: {error: Fault | undefined}): ComponentChild {
  return error === undefined ? h('div', {class: 'loading', 'aria-busy': 'true'}) : h(Problem, {error});
}

/** What is wrong decides what to say: what is not there will not come back by starting the page again. */
export function Problem({error}: {error: Fault}): ComponentChild {
  const {title, advice} = explain(error);
  return h(
    'section',
    {class: 'empty', role: 'alert'},
    h('h1', null, title),
    h('p', null, h(Text, {of: error.message})),
    h('p', {class: 'muted'}, advice),
    error.status === 404 ? h('p', null, h('a', {href: '/'}, 'To the last night')) : null,
  );
}

function explain({status}: Fault): {title: string; advice: string} {
  if (status === undefined)
    return {
      title: 'No answer',
      advice: 'Is orchestrator serve still running? After a new start it has a new address.',
    };
  if (status === 401)
    return {
      title: 'This page is of an earlier start',
      advice:
        'orchestrator serve has a new token with each start. Open the address that it printed, with all after the # sign.',
    };
  if (status === 404)
    return {title: 'It is not here', advice: 'orchestrator gc may have removed it, or the address has a mistake.'};
  return {title: 'This could not be read', advice: 'The ledger and the log of orchestrator serve may say more.'};
}
