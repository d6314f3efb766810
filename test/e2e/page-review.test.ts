import path from 'node:path';
import type {Browser, Page} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {ChangeSummary} from '../../src/domain/change.ts';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {systemClock} from '../../src/util/clock.ts';
import {noChromium, startChromium, watchPage} from '../support/chromium.ts';
import {openTestPage} from '../support/open-test-page.ts';
import {type SeededJob, seedRun} from '../support/seed-run.ts';

const patch = 'diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1,1 +1,2 @@\n+// header\n one\n';
const same = {patch, patchId: 'header', files: [{path: 'a.ts', added: 1, removed: 0}]};
const check = (after: 'passed' | 'failed') => ({
  command: 'npm test',
  before: 'passed' as const,
  after,
  durationMs: 1,
  output: '',
});

/** The same header in six repos: three passed their check, one fails it, two were flagged. */
const jobs: SeededJob[] = [
  ...['api', 'docs', 'web'].map(
    (repo): SeededJob => ({repo, end: 'changed', costUsd: 0.02, change: {...same, verified: [check('passed')]}}),
  ),
  {
    repo: 'shop',
    end: {failed: 'verify-failed', message: 'npm test fails'},
    change: {...same, verified: [check('failed')], deliver: 'branch'},
  },
  ...['ops', 'infra'].map(
    (repo): SeededJob => ({
      repo,
      end: {failed: 'held-for-review', message: 'a protected path'},
      change: {...same, findings: [{rule: 'protected-path', path: 'a.ts', detail: 'is protected'}], deliver: 'branch'},
    }),
  ),
];

describe.skipIf(noChromium !== undefined)(
  `deciding in a browser${noChromium === undefined ? '' : ` (${noChromium})`}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await startChromium();
    });
    afterAll(() => browser?.close());

    it('asks about what is doubtful first, and accepts none of it with its like that passed', async () => {
      await using rig = await openRig(browser);
      const {page, decisions} = rig;
      const entries = page.locator('.queue li');
      expect(await entries.allInnerTexts()).toEqual([
        expect.stringMatching(/^2 repos\s+readme-generator\s+! held$/),
        expect.stringMatching(/^shop\s+readme-generator\s+✗ check$/),
        expect.stringMatching(/^3 repos\s+readme-generator\s+\+1 −0$/),
      ]);
      const head = page.locator('.head-line');
      await entries.nth(1).getByRole('button').click();
      expect(await head.innerText()).toMatch(
        /✗ 1 check failed[\s\S]*→ branch orchestrator\/readme-generator, on this machine/,
      );
      await entries.nth(2).getByRole('button').click();
      expect(await head.innerText()).toMatch(/✓ 1 check\s+0\.0200 USD\s+→ files on this machine/);
      await page.keyboard.press('A');
      await page.getByText('Accepted: api and 2 more repos').waitFor();
      const kinds = await decisions();
      expect(kinds).toEqual({
        api: 'accepted',
        docs: 'accepted',
        web: 'accepted',
        shop: 'pending',
        ops: 'pending',
        infra: 'pending',
      });
      expect(rig.faults).toEqual([]);
    });

    it('rejects all alike with R, a letter and Enter, and takes the last decision back also when all is decided', async () => {
      await using rig = await openRig(browser);
      const {page, decisions} = rig;
      await page.keyboard.press('j');
      await page.keyboard.press('a');
      await page.getByText('Accepted: shop').waitFor();
      await page.locator('.queue li').first().getByRole('button').click();
      await page.keyboard.press('R');
      const dialog = page.getByRole('dialog', {name: 'Reject'});
      await dialog.waitFor();
      await page.keyboard.press('s');
      expect(await dialog.getByRole('radio', {name: /^style/}).isChecked()).toBe(true);
      await page.keyboard.press('Enter');
      await page.getByText('Rejected: infra and 1 more repo').waitFor();
      await page.keyboard.press('A');
      await page.getByText('All 6 decided').waitFor();
      await page.getByRole('heading', {name: '4 accepted, 2 rejected'}).waitFor();
      expect(await decisions()).toMatchObject({ops: 'rejected', infra: 'rejected', web: 'accepted'});
      await page.locator('.toast').getByRole('button', {name: 'Undo'}).click();
      await page.getByText('4 of 6').waitFor();
      expect(await decisions()).toMatchObject({api: 'pending', docs: 'pending', web: 'pending', shop: 'accepted'});
      expect(rig.faults).toEqual([]);
    });

    it('names every repo of a large group without pushing the change out of sight', async () => {
      const repos = Array.from({length: 40}, (_, index) => `team-${index % 4}/a-service-with-a-name-${index}`);
      const many = repos.map((repo): SeededJob => ({repo, end: 'changed', change: same}));
      await using rig = await openRig(browser, 390, many);
      const {page} = rig;
      const group = page.locator('.review-head details');
      await group.getByText('The same change in 40 repos').waitFor();
      await group.getByText('and 34 more').waitFor();
      expect((await page.locator('.diff').first().boundingBox())!.y).toBeLessThan(844);
      await group.locator('summary').click();
      const shown = await group.innerText();
      expect(repos.filter(repo => !shown.includes(repo))).toEqual([]);
      expect(rig.faults).toEqual([]);
    });

    it('takes no letter of a reason written in words for a key', async () => {
      await using rig = await openRig(browser);
      const {page} = rig;
      await page.keyboard.press('r');
      await page.getByRole('textbox').fill('use');
      await page.keyboard.type('rs');
      await page.keyboard.press('Enter');
      expect(await page.getByRole('radio', {name: /^wrong/}).isChecked()).toBe(true);
      expect(await page.getByRole('textbox').inputValue()).toBe('users\n');
      await page.keyboard.press('Control+Enter');
      await page.getByText('Rejected: infra').waitFor();
      const [infra] = (await rig.changes()).filter(({repo}) => repo === 'infra');
      expect(infra!.decision).toMatchObject({kind: 'rejected', why: 'wrong', text: 'users'});
    });

    it('says in short how many go where before anything leaves, and keeps names in view on a phone', async () => {
      await using rig = await openRig(browser, 390);
      const {page} = rig;
      await page.keyboard.press('A');
      await page.getByText('Accepted: infra').waitFor();
      await page.keyboard.press('a');
      await page.getByText('Accepted: shop').waitFor();
      await page.keyboard.press('A');
      await page.getByText('All 6 decided').waitFor();
      await page.getByRole('button', {name: 'Deliver 6 accepted…'}).click();
      const dialog = page.getByRole('dialog', {name: 'Deliver 6 changes?'});
      const summary = dialog.locator('.summary li');
      expect(await summary.allInnerTexts()).toEqual([
        '3 changes → files on this machine',
        '3 changes → branch orchestrator/readme-generator, on this machine',
      ]);
      for (const repo of ['shop', 'api']) {
        const box = (await dialog.locator('.targets strong', {hasText: repo}).boundingBox())!;
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(390);
      }
      const {height} = (await dialog.boundingBox())!;
      expect(height).toBeLessThanOrEqual(844);
      // What is beside the dialog is shaded as a whole, also where room is kept for a scroll bar.
      expect(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')).not.toBe(
        await page.evaluate('getComputedStyle(document.body).backgroundColor'),
      );
    });
  },
);

interface Rig extends AsyncDisposable {
  readonly page: Page;
  readonly faults: readonly string[];
  changes(): Promise<ChangeSummary[]>;
  decisions(): Promise<Record<string, string>>;
}

async function openRig(browser: Browser, width = 1280, seeded = jobs): Promise<Rig> {
  const home = await makeTemporaryDirectory();
  const run = await seedRun(home.path, {jobs: seeded, exitCode: 1});
  const served = await openTestPage(home.path);
  const ledger = createLedger(openSqlite(path.join(home.path, 'state.db')), systemClock);
  const changes = (): Promise<ChangeSummary[]> => ledger.changes({runId: run.id});
  const {page, faults} = await watchPage(browser, served.origin, {viewport: {width, height: 844}});
  await page.goto(served.url);
  await page.goto(`${served.origin}/review`);
  await page.getByText(`1 of ${seeded.length}`).waitFor();
  return {
    page,
    faults,
    changes,
    decisions: async () => Object.fromEntries((await changes()).map(({repo, decision}) => [repo, decision.kind])),
    async [Symbol.asyncDispose]() {
      await page.context().close();
      await ledger.close();
      await served[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}
