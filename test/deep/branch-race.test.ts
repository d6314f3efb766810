import {expect, it} from 'vitest';
import {raceWithPerson} from '../support/branch-race.ts';

it('300 interleavings with a person on the branch: no commit is lost', async () => {
  const result = await raceWithPerson(300, 20_251_201);
  console.log(JSON.stringify(result));
  expect(result.lost).toBe(0);
  expect(result.accepted).toBeGreaterThan(80);
});
