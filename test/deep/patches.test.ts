import fc from 'fast-check';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {applyPatch, trees} from '../support/patch-trial.ts';

it('2,000 changes go through git apply there and back, and make the tree that git makes', async () => {
  await using temporary = await makeTemporaryDirectory();
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(trees, async ({before, after}) => {
      const result = await applyPatch(temporary.path, before, after);
      expect(result.forward).toBe(result.expected);
      expect(result.back).toBe(result.start);
      if (result.built === 'path-escapes') refused++;
      else expect(result.built).toBe(result.expected);
    }),
    {numRuns: 2000},
  );
  console.log(JSON.stringify({pairs: 2000, treesRefusedForTheirNames: refused}));
});
