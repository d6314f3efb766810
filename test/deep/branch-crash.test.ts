import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {makeBranchCrashRig, tryBranchCrash} from '../support/branch-crash.ts';
import {crashModes} from '../support/crash-point.ts';

it('a run that delivers branches, killed before, in or after each durable operation: one branch and one commit each', async () => {
  await using temporary = await makeTemporaryDirectory();
  const rig = await makeBranchCrashRig(temporary.path, 2);
  const tally = {points: 0, crashed: 0};
  const problems: string[] = [];
  for (const [index, mode] of crashModes.entries()) {
    for (let at = 1; at <= rig.operations; at++) {
      const recovery = (at + index) % 2 === 0 ? 'resume' : 'again';
      const result = await tryBranchCrash(rig, {at, mode, recovery}, path.join(temporary.path, `${mode}-${at}`));
      tally.points++;
      if (result.crashed) tally.crashed++;
      problems.push(...result.problems);
    }
  }
  console.log(JSON.stringify(tally));
  expect(problems).toEqual([]);
});
