import {expect, it} from 'vitest';
import {createToolSet} from './tool-set.ts';

it.each([
  [[], 'in a sandbox without network and without keys'],
  [
    ['a.example', '*.b.example'],
    'without network (but for a.example, *.b.example, through the proxy of its environment)',
  ],
])('an agent is told what its commands may reach: %j', (network, text) => {
  const {offered} = createToolSet({allowedTools: []}, {sandbox: {network}});
  expect(offered.find(({name}) => name === 'run_command')?.description).toContain(text);
});
