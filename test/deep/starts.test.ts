import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {makeNight} from '../support/night-rig.ts';
import {startManyTimes} from '../support/start-trials.ts';

it('200 starts of one configuration at once give one run', async () => {
  await using temporary = await makeTemporaryDirectory();
  const night = await makeNight(path.join(temporary.path, 'night'), {repos: 20});
  const {problems, loneRefusalMs, slowestMs} = await startManyTimes(night, 200);
  console.log(
    `200 starts: the slowest was told in ${slowestMs.toFixed(0)} ms, one alone in ${loneRefusalMs.toFixed(0)} ms`,
  );
  expect(problems).toEqual([]);
  expect(loneRefusalMs).toBeLessThan(1_000);
});
