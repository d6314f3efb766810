import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {makeBatchTrialRig, tryBatchPoints} from '../support/batch-trials.ts';

it.each(['anthropic/claude-sonnet-4-5', 'openai/gpt-4.1'])(
  'a run in batches of %s that is killed at any durable operation pays nothing twice and loses nothing',
  {timeout: 3_600_000},
  async model => {
    await using temporary = await makeTemporaryDirectory();
    const rig = await makeBatchTrialRig(temporary.path, 4, model);
    const points = Array.from({length: rig.operations}, (_, index) => index + 1);
    const problems = await tryBatchPoints(rig, points, temporary.path);
    process.stdout.write(`${model}: killed at ${points.length} operations, ${problems.length} problems\n`);
    expect(problems).toEqual([]);
  },
);
