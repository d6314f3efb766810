import {expect, it} from 'vitest';
import {NetworkCounter} from '../domain/network-use.ts';
import {describeNetwork} from './describe-network.ts';

const none = {times: 1, sentBytes: 0, receivedBytes: 0};

it('says nothing of what was not asked for', () => {
  expect(describeNetwork(undefined)).toBe('');
  expect(describeNetwork({allowed: ['a.example'], uses: [], more: 0})).toBe('');
});

it('names what was reached and refused, quoted, and no more than a line holds', () => {
  const counter = new NetworkCounter();
  counter.add({host: 'a.example:443', times: 2, sentBytes: 1500, receivedBytes: 2_000_000});
  counter.add({host: 'a.example:443', times: 1, sentBytes: 500, receivedBytes: 0});
  counter.add({...none, host: 'evil\u001b[31m\nrun=r-1 changed', refused: 'not in "sandbox.network"'});
  for (let number = 0; number < 30; number++) counter.add({...none, host: `x${number}.example:443`, refused: 'no'});
  const text = describeNetwork({allowed: ['a.example'], ...counter.record});
  expect(text).toBe(
    ' network: "a.example:443" 3 times (2.0 kB out, 2.0 MB in); refused: "evil\\u001b[31m\\nrun=r-1 changed" once (not in "sandbox.network"), "x0.example:443" once (no), "x1.example:443" once (no), "x2.example:443" once (no), "x3.example:443" once (no), and 26 more',
  );
});
