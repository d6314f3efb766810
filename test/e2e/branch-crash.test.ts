import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {makeBranchCrashRig, tryBranchCrash} from '../support/branch-crash.ts';
import {crashModes} from '../support/crash-point.ts';

it('a run that delivers branches and is killed leaves each repo with one branch and one commit in the end', async () => {
  await using temporary = await makeTemporaryDirectory();
  const rig = await makeBranchCrashRig(temporary.path, 2);
  const sampled = 5;
  let crashed = 0;
  for (let index = 0; index < sampled; index++) {
    // Most of what happens to branches is in the second half.
    const at = Math.floor(rig.operations * (0.4 + (0.6 * (index + 0.5)) / sampled));
    const point = {at, mode: crashModes[index % 3]!, recovery: index % 2 === 0 ? 'resume' : 'again'} as const;
    const result = await tryBranchCrash(rig, point, path.join(temporary.path, `point-${index}`));
    expect(result.problems).toEqual([]);
    if (result.crashed) crashed++;
  }
  expect(crashed).toBeGreaterThan(sampled / 2);
}, 180_000);
