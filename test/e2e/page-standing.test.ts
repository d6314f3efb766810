import path from 'node:path';
import type {Browser, Page} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {RunRecord} from '../../src/domain/run.ts';
import type {Ledger} from '../../src/ledger/ledger.ts';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {systemClock} from '../../src/util/clock.ts';
import {noChromium, startChromium, watchPage} from '../support/chromium.ts';
import {openTestPage} from '../support/open-test-page.ts';
import {seedMorning} from '../support/seed-morning.ts';
import {seedRun} from '../support/seed-run.ts';

describe.skipIf(noChromium !== undefined)(
  `where jobs stand, in a browser${noChromium === undefined ? '' : ` (${noChromium})`}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await startChromium();
    });
    afterAll(() => browser?.close());

    it('counts on while a run goes on, and counts right when it has ended', async () => {
      await using rig = await openRig(browser, home =>
        seedRun(home, {state: 'running', jobs: ['a', 'b', 'c', 'd'].map(repo => ({repo, end: 'pending'}))}),
      );
      const {page, ledger, run} = rig;
      await page.goto(`${rig.origin}/r/${run.id}?filter=failed`);
      const count = (text: string): Promise<void> => page.getByRole('button', {name: text, exact: true}).waitFor();
      await count('To start 4');
      await page.getByText('No job is like that').waitFor();
      const [first, second, third, fourth] = (await ledger.jobs(run.id)).map(({job}) => job);
      const end = async (job: typeof first, outcome: object): Promise<void> => {
        const spent = {usage: {inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, requests: 1}};
        const detail = {outcome: {...outcome, ...spent, cost: {usd: 0.1}}, heldBack: [], leftOut: {}};
        await ledger.finishJob(run.id, job!, {detail: {...detail, replayed: false, attempts: 1} as never});
      };
      const failed = {status: 'failed', failure: {reason: 'reply-empty', message: 'nothing came'}};
      await end(first, failed);
      await count('Failed 1');
      await count('To start 3');
      // What the filter was waiting for is shown without a click: there was no row that could move.
      await page.locator('tr.job a', {hasText: 'a'}).first().waitFor();
      await end(second, failed);
      await end(third, {status: 'unchanged', files: []});
      await end(fourth, {status: 'unchanged', files: []});
      await ledger.endRun(run.id, {holder: run.holder, state: 'finished', exitCode: 1});
      await count('Failed 2');
      await count('Unchanged 2');
      await count('All 4');
      expect(await page.getByRole('button', {name: 'To start'}).count()).toBe(0);
      expect(rig.faults).toEqual([]);
    });

    it('knows decisions and deliveries: held is to review, then accepted, then delivered, and where', async () => {
      await using rig = await openRig(browser, seedMorning);
      const {page, ledger, run} = rig;
      await page.getByRole('heading', {name: '9 changes to review, 2 failures'}).waitFor();
      const bar = page.locator('.standing').first();
      expect((await bar.innerText()).replace(/\s+/g, ' ').trim()).toBe('To review 9 Failed 2 Unchanged 1 Up to date 1');
      await page.getByText('1 of those to review is held by the policy').waitFor();
      const changes = await ledger.changes({runId: run.id});
      const ids = changes.map(({jobId}) => jobId);
      await ledger.decide(run.id, ids.slice(1), {kind: 'accepted', at: 1});
      await ledger.decide(run.id, ids.slice(0, 1), {kind: 'rejected', at: 1, why: 'style'});
      await page.getByRole('heading', {name: '8 accepted, not delivered, 2 failures'}).waitFor();
      expect((await bar.innerText()).replace(/\s+/g, ' ').trim()).toBe(
        'Accepted 8 Rejected 1 Failed 2 Unchanged 1 Up to date 1',
      );
      expect(await page.getByText('held by the policy').count()).toBe(0);
      expect(await page.locator('.button.primary').allInnerTexts()).toEqual(['Deliver 8 accepted…']);

      await page.goto(`${rig.origin}/review`);
      await page.getByRole('heading', {name: '8 accepted, not delivered'}).waitFor();
      expect(await page.locator('.button.primary').allInnerTexts()).toEqual(['Deliver 8 accepted…']);

      for (const jobId of ids.slice(1)) await ledger.confirmDelivered(run.id, jobId, {kind: 'branch', branch: 'o/ci'});
      await page.goto(rig.origin);
      await page.getByRole('heading', {name: '2 failures', exact: true}).waitFor();
      await page.getByText('8 delivered on branch o/ci').waitFor();
      await page.goto(`${rig.origin}/r/${run.id}?filter=delivered`);
      await page.locator('tr.job', {hasText: 'acme-ops'}).getByText('on branch o/ci').waitFor();
      expect(rig.faults).toEqual([]);
    });

    it('shows each failure with cause and next step, and runs the one again that is asked for', async () => {
      await using rig = await openRig(browser, async home => {
        const seeded = await seedRun(home, {
          exitCode: 1,
          jobs: [
            {
              repo: 'api',
              end: {failed: 'reply-truncated', message: 'it ended at 16000 tokens'},
              costUsd: 0.41,
              reply: 'x',
            },
            {repo: 'web', end: {failed: 'provider-overloaded', message: 'overloaded 5 times'}},
            {repo: 'site', end: {failed: 'branch-unsupported', message: 'reftable'}},
          ],
        });
        // One that is good would be used again for nothing.
        const ledger = createLedger(openSqlite(path.join(home, 'state.db')), systemClock);
        const [cut] = await ledger.jobs(seeded.id);
        await ledger.rejectReply(`${seeded.id} ${cut!.job.id}`);
        await ledger.close();
        return seeded;
      });
      const {page} = rig;
      const row = (repo: string) => page.locator('.failures tbody tr', {hasText: repo});
      await row('api').waitFor();
      expect(await row('api').innerText()).toMatch(/reply-truncated[\s\S]*16000 tokens[\s\S]*max_output_tokens/);
      expect(await page.getByRole('button', {name: 'Retry 2 jobs'}).innerText()).toMatch(
        /^Retry 2 jobs\s*≈ 0\.8200 USD$/,
      );
      expect(await row('web').getByRole('button').innerText()).toContain('≈ 0.4100');
      const useless = row('site').getByRole('button', {name: 'Retry site'});
      expect(await useless.isDisabled()).toBe(true);
      expect(await useless.getAttribute('title')).toContain('something else has to change first');
      await row('api').getByRole('button', {name: 'Retry api'}).click();
      await page.getByText('--job readme-generator/api').waitFor();
      expect(rig.started).toEqual([['retry', rig.run.id, '--job', 'readme-generator/api']]);
      expect(await row('web').getByRole('button').isDisabled()).toBe(true);
      expect(rig.faults).toEqual([]);
    });
  },
);

interface Rig extends AsyncDisposable {
  readonly page: Page;
  readonly faults: readonly string[];
  readonly origin: string;
  /** Another process that writes what the page looks at. */
  readonly ledger: Ledger;
  readonly run: RunRecord;
  readonly started: string[][];
}

async function openRig(browser: Browser, seed: (home: string) => Promise<RunRecord>): Promise<Rig> {
  const home = await makeTemporaryDirectory();
  const run = await seed(home.path);
  const started: string[][] = [];
  const served = await openTestPage(home.path, {start: args => void started.push([...args])});
  const ledger = createLedger(openSqlite(path.join(home.path, 'state.db')), systemClock);
  const {page, faults} = await watchPage(browser, served.origin, {viewport: {width: 1280, height: 860}});
  await page.goto(served.url);
  await page.locator('h1').first().waitFor();
  return {
    page,
    faults,
    origin: served.origin,
    ledger,
    run,
    started,
    async [Symbol.asyncDispose]() {
      await page.context().close();
      await ledger.close();
      await served[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}
