import {expect, it} from 'vitest';
import {raceWithPerson} from '../support/branch-race.ts';

it('loses no commit of a person who works on the branch at the same moment', async () => {
  const result = await raceWithPerson(6, 7);
  expect(result).toMatchObject({trials: 6, lost: 0});
  expect(result.accepted).toBeGreaterThan(0);
});
