import path from 'node:path';
import {expect, it} from 'vitest';
import {openTestPage} from '../../../test/support/open-test-page.ts';
import {seedRun} from '../../../test/support/seed-run.ts';
import {createLedger} from '../../ledger/sql-ledger.ts';
import {openSqlite} from '../../ledger/sqlite.ts';
import {makeTemporaryDirectory} from '../../testing/temporary-fleet.ts';
import {systemClock} from '../../util/clock.ts';
import type {DeliverPreview} from '../api.ts';

it('says of each accepted patch how it would leave: into the files, or as a branch where there are none', async () => {
  await using home = await makeTemporaryDirectory();
  const change = {patch: ''};
  const run = await seedRun(home.path, {
    jobs: [
      {repo: 'here', end: 'changed', change},
      {repo: 'elsewhere', url: 'https://example.com/elsewhere.git', end: 'changed', change},
    ],
  });
  const ledger = createLedger(openSqlite(path.join(home.path, 'state.db')), systemClock);
  const ids = (await ledger.changes({runId: run.id})).map(({jobId}) => jobId);
  await ledger.decide(run.id, ids, {kind: 'accepted', at: 1});
  await ledger.close();
  await using page = await openTestPage(home.path);
  const answer = await page.ask(`/api/runs/${run.id}/deliver/preview`, {method: 'POST', body: '{}'});
  const {targets} = (await answer.json()) as DeliverPreview;
  expect(Object.fromEntries(targets.map(({repo, deliver}) => [repo, deliver]))).toEqual({
    here: 'files',
    elsewhere: 'branch',
  });
});
