import {afterAll, expect, it} from 'vitest';
import {hostileVectors} from '../support/hostile-repos.ts';
import {tryHostileRepo} from '../support/hostile-trial.ts';

const tally = {vectors: 0, operations: 0, fired: 0, firedForPersons: 0};

it.each(hostileVectors)('$name: nothing runs', async vector => {
  const result = await tryHostileRepo([vector]);
  tally.vectors++;
  tally.operations += Object.keys(result.did).length;
  if (result.fired) tally.fired++;
  if (result.firesForPersons) tally.firedForPersons++;
  expect(result.fired).toBe(false);
});

afterAll(() => console.log(JSON.stringify(tally)));
