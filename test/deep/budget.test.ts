import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {raceForBudget} from '../support/budget-race.ts';

it('eight processes that race 1,000 calls each against one budget never bill more than it', async () => {
  await using temporary = await makeTemporaryDirectory();
  const limitUsd = 12;
  const seed = Math.floor(Math.random() * 2 ** 31);
  const race = await raceForBudget(temporary.path, {processes: 8, calls: 1_000, limitUsd, seed});
  console.log(
    `seed ${seed}: ${race.bills} calls billed ${race.billedUsd.toFixed(4)} of ${limitUsd} USD, ${race.refused} refused`,
  );
  expect(race.errors).toEqual([]);
  expect(race.billedUsd).toBeLessThanOrEqual(limitUsd);
  expect(race.refused).toBeGreaterThan(1_000);
  expect(race.bills).toBeGreaterThan(1_000);
});
