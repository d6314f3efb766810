import {mkdirSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {type CrashPoint, crashModes, makeCrashRig, tryCrashPoints} from '../support/crash-point.ts';

it('a run that is killed before, in or after any durable operation ends as an undisturbed one', async () => {
  await using temporary = await makeTemporaryDirectory();
  const rig = await makeCrashRig(temporary.path, 22);
  const points = crashModes.flatMap(mode =>
    Array.from({length: rig.operations}, (_, index): CrashPoint => {
      const at = index + 1;
      // Each operation meets both ways to recover in one mode or another.
      return {at, mode, recovery: (at + crashModes.indexOf(mode)) % 2 === 0 ? 'resume' : 'again'};
    }),
  );
  const directory = path.join(temporary.path, 'points');
  mkdirSync(directory);
  const total = await tryCrashPoints(rig, points, directory);
  console.log(`${points.length} points, ${total.crashed} killed, ${total.repeatedCalls} calls in flight were repeated`);
  expect(total.problems).toEqual([]);
  expect(total.crashed).toBeGreaterThanOrEqual(1_000);
});
