import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {Browser} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {systemClock} from '../../src/util/clock.ts';
import {runCli} from '../support/captured-io.ts';
import {noChromium, startChromium, watchPage} from '../support/chromium.ts';
import {openTestPage} from '../support/open-test-page.ts';
import {readHostile} from '../support/read-hostile.ts';
import {seedManyJobs} from '../support/seed-many-jobs.ts';
import {seedMorning} from '../support/seed-morning.ts';

describe.skipIf(noChromium !== undefined)(
  `the page, at length${noChromium === undefined ? '' : ` (${noChromium})`}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await startChromium();
    });
    afterAll(() => browser?.close());

    it('shows 200 hostile texts in every field on every page and in the report, and runs none', async () => {
      const {faults, foreign, missing, places} = await readHostile(browser, 200, 1);
      console.log(`200 hostile texts in ${places} places: ${faults.length} faults, ${foreign.length} elements`);
      expect({faults, foreign, missing}).toEqual({faults: [], foreign: [], missing: []});
    });

    it('stays quick with 10,000 jobs, and the report of them opens', async () => {
      await using home = await makeTemporaryDirectory();
      const stateDir = path.join(home.path, '.orchestrator');
      const {id} = await seedManyJobs(stateDir, 10_000);
      await using served = await openTestPage(stateDir);
      const {page, faults} = await watchPage(browser, served.origin, {viewport: {width: 1280, height: 860}});
      await page.goto(served.url);
      await page.locator('h1').waitFor();
      const started = performance.now();
      await page.goto(`${served.origin}/r/${id}`);
      await page.locator('tr.job a').first().waitFor();
      const openMs = performance.now() - started;
      const drawn = await page.locator('tr.job').count();
      expect(drawn).toBeLessThan(80);
      await page.evaluate('scrollTo(0, document.body.scrollHeight * 0.6)');
      await page.locator('tr.job[aria-rowindex="6000"] a').waitFor();
      const typed = performance.now();
      await page.getByRole('searchbox').fill('service-9981 ');
      await page.getByText('team-21/service-9981').first().waitFor();
      const searchMs = performance.now() - typed;
      expect(faults).toEqual([]);

      const {out} = await runCli(home.path, ['report', id, '--html', '-']);
      const file = path.join(home.path, 'report.html');
      await writeFile(file, out);
      const report = await watchPage(browser, 'file://');
      const loading = performance.now();
      report.page.setDefaultTimeout(120_000);
      await report.page.goto(`file://${file}#c5000`, {timeout: 120_000});
      await report.page.locator('#c5000[open]').waitFor();
      const reportMs = performance.now() - loading;
      expect(await report.page.locator('tbody tr[data-kind]').count()).toBe(10_000);
      expect(report.faults).toEqual([]);
      console.log(
        `10,000 jobs: opened in ${openMs.toFixed(0)} ms with ${drawn} rows drawn, search ${searchMs.toFixed(0)} ms; report of ${(out.length / 1e6).toFixed(1)} MB in ${reportMs.toFixed(0)} ms`,
      );
    });

    it('goes on by asking when the stream cannot be had', async () => {
      await using home = await makeTemporaryDirectory();
      const run = await seedMorning(home.path);
      await using served = await openTestPage(home.path);
      const {page} = await watchPage(browser, served.origin);
      await page.route('**/api/live', route => route.abort());
      await page.goto(served.url);
      await page.getByRole('heading', {name: '9 changes to review, 2 failures'}).waitFor();
      await page.waitForResponse(response => response.url().includes('/api/changes'));
      const ledger = createLedger(openSqlite(path.join(home.path, 'state.db')), systemClock);
      const [change] = await ledger.changes({runId: run.id});
      await ledger.decide(run.id, [change!.jobId], {kind: 'accepted', at: 1});
      await ledger.close();
      await page.getByRole('heading', {name: '8 changes to review, 2 failures'}).waitFor();
    });
  },
);
