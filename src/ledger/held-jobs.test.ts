import {afterAll, describe, expect, it} from 'vitest';
import {ledgerKinds} from '../../test/support/ledger-databases.ts';
import {makeJob} from '../../test/support/make-job.ts';
import {makeRun} from '../../test/support/make-run.ts';
import {noUsage} from '../domain/usage.ts';
import type {NewChange} from './ledger.ts';
import {migrations} from './migrations.ts';
import {createLedger} from './sql-ledger.ts';

const spent = {usage: noUsage, cost: {usd: 0}};
const plain = {heldBack: [], leftOut: {}, replayed: false, attempts: 1};

describe.each(ledgerKinds())('jobs whose change is held: $name', kind => {
  afterAll(() => kind.close());

  it('are counted apart from those that failed, and by what became of them', async context => {
    context.skip(kind.problem !== undefined, kind.problem);
    await using store = await kind.newStore();
    let now = 1_000;
    const database = await store.open();
    const ledger = createLedger(database, {now: () => now++});
    try {
      const repos = ['waits', 'accepted', 'left', 'refused', 'replaced', 'broken'];
      const jobs = repos.map((repo, index) => makeJob(index, repo));
      const [, accepted, left, refused, replaced] = jobs;
      for (const id of ['r-1', 'r-2']) {
        await ledger.startRun(makeRun(id, {claim: id}), id === 'r-1' ? jobs : [replaced!]);
        for (const job of id === 'r-1' ? jobs : [replaced!]) {
          const reason = job.repo === 'broken' ? 'crashed' : 'held-for-review';
          // A message may say anything.
          const failure = {reason, message: '"reason":"held-for-review"'} as const;
          const detail = {outcome: {status: 'failed' as const, failure, ...spent}, ...plain};
          await ledger.finishJob(id, job, {detail, ...(reason === 'crashed' ? {} : {change: heldChange(job.repo)})});
        }
      }
      await ledger.decide('r-1', [accepted!.id, left!.id], {kind: 'accepted', at: 1});
      await ledger.confirmDelivered('r-1', left!.id, {kind: 'files'});
      await ledger.decide('r-1', [refused!.id], {kind: 'rejected', at: 1, why: 'wrong'});
      expect(Object.fromEntries(await ledger.countJobs('r-1'))).toEqual({
        held: 2,
        'held-delivered': 1,
        'held-rejected': 1,
        'held-superseded': 1,
        failed: 1,
      });
      // As an earlier version has them.
      await database.write([{sql: `UPDATE jobs SET status = 'failed'`, params: []}]);
      const migration = migrations.find(sql => sql.includes(`SET status = 'held'`))!;
      await database.write([{sql: migration, params: []}]);
      expect((await ledger.jobs('r-1', {status: 'failed'})).map(({job}) => job.repo)).toEqual(['broken']);
      expect(await ledger.jobs('r-1', {status: 'held'})).toHaveLength(5);
    } finally {
      await ledger.close();
    }
  });
});

function heldChange(repo: string): NewChange {
  const change = {edits: [], commit: 'c', files: [], patch: repo, patchId: repo};
  return {repoKey: `/${repo}`, change, findings: [], verified: [], deliver: 'files'};
}
