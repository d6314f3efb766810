import {readdir} from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import {expect, it} from 'vitest';
import {composePullRequest} from '../../src/delivery/pull-request-text.ts';
import type {ForgeKind} from '../../src/domain/forge.ts';
import {forgeEffects} from '../support/forge-effects.ts';
import {simulateNights, sweepLostReplies} from '../support/forge-sweeps.ts';
import {hostileWords} from '../support/hostile-words.ts';
import {openPullRequestRig} from '../support/pull-request-rig.ts';

it.each<ForgeKind>(['github', 'gitlab'])(
  '250 repos on %s with lost replies have one branch and one pull request each',
  async kind => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    await using rig = await openPullRequestRig({kind});
    const {wrong, faults, again} = await sweepLostReplies(rig, 250, seed);
    const lost = faults - rig.forge.unusedFaults;
    console.log(`${kind}, seed ${seed}: ${lost} faults in 500 deliveries, ${again} asked for again`);
    expect(wrong).toEqual([]);
    expect(lost).toBeGreaterThan(500);
  },
);

it.each<ForgeKind>(['github', 'gitlab'])(
  '30 nights on %s, three times over, double nothing and drift nowhere',
  async kind => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`${kind}, seed ${seed}`);
    for (let round = 0; round < 3; round++) {
      await using rig = await openPullRequestRig({kind});
      expect(await simulateNights(rig, 30, seed + round)).toEqual([]);
      expect(await readdir(path.join(rig.directory, 'workspaces')).catch(() => [])).toEqual([]);
    }
  },
);

it('hostile words do nothing in 50,000 mixtures', () => {
  const piece = fc.oneof(
    fc.constantFrom(...hostileWords),
    fc.string({unit: 'binary'}),
    fc.constantFrom(' ', '\n', '`', '``', '@', '#1', '![', '<!--', '|', '/', '-', ': '),
  );
  const job = {task: 'T', skill: 's', repo: 'r', mode: 'simple' as const, models: ['m/x']};
  fc.assert(
    fc.property(fc.array(piece, {maxLength: 10}), pieces => {
      const summary = pieces.join('');
      const change = {commit: 'c', files: [{path: summary, added: 1, removed: 0}], edits: [], patchId: 'p', summary};
      const shared = {runId: 'r-1', skillDigest: 'd', cost: {usd: 1}, verified: [], headCommit: 'h'};
      const {title, body} = composePullRequest({...shared, job, change});
      expect(forgeEffects(body)).toEqual([]);
      expect(forgeEffects(title)).toEqual([]);
    }),
    {numRuns: 50_000},
  );
});
