import {mkdirSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {type CrashPoint, crashModes, makeCrashRig, tryCrashPoints} from '../support/crash-point.ts';

it('a run that is killed at a durable operation ends, once it is resumed or started again, as an undisturbed one', async () => {
  await using temporary = await makeTemporaryDirectory();
  const rig = await makeCrashRig(temporary.path, 6);
  const sampled = 16;
  const points = Array.from(
    {length: sampled},
    (_, index): CrashPoint => ({
      at: 1 + Math.floor(((index + 0.5) * rig.operations) / sampled),
      mode: crashModes[index % crashModes.length]!,
      recovery: index % 2 === 0 ? 'resume' : 'again',
    }),
  );
  const directory = path.join(temporary.path, 'points');
  mkdirSync(directory);
  const total = await tryCrashPoints(rig, points, directory);
  expect(total.problems).toEqual([]);
  expect(total.crashed).toBeGreaterThan(sampled / 2);
});
