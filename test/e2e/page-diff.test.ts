import type {Browser, Page} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {noChromium, startChromium, watchPage} from '../support/chromium.ts';
import {openTestPage} from '../support/open-test-page.ts';
import {seedRun} from '../support/seed-run.ts';

const patch = `diff --git a/README.md b/README.md
--- a/README.md
+++ b/README.md
@@ -14,3 +16,4 @@ ## Use
 ## Ports
-It listens on port 8080.
+It listens on port 3000.
+A line that is so long that it has to be broken in a column of a table which shows two of them side by side.
 end
`;

describe.skipIf(noChromium !== undefined)(
  `a diff in a browser${noChromium === undefined ? '' : ` (${noChromium})`}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await startChromium();
    });
    afterAll(() => browser?.close());

    it.each([1280, 800])('gives text and not line numbers the room, side by side at %i', async width => {
      await using rig = await openChange(browser, width);
      const {page} = rig;
      await page.getByRole('button', {name: 'Split'}).click();
      const table = page.locator('table.diff');
      const {width: whole} = (await table.boundingBox())!;
      const row = table.locator('tr', {hasText: 'port 3000'});
      const cells = await Promise.all(
        (await row.locator('td').all()).map(async cell => (await cell.boundingBox())!.width),
      );
      expect(cells).toHaveLength(6);
      for (const index of [2, 5]) expect(cells[index]! / whole).toBeGreaterThan(0.35);
      expect(await row.locator('td').allInnerTexts()).toEqual([
        '15',
        '−',
        'It listens on port 8080.',
        '17',
        '+',
        'It listens on port 3000.',
      ]);
      expect(await row.locator('mark').allInnerTexts()).toEqual(['8080', '3000']);
      expect(await table.innerText()).toContain('line 16 · ## Use');
      expect(await table.innerText()).not.toContain('@@');
    });

    it('shows both sides below one another on a phone, also to somebody who likes them side by side', async () => {
      await using rig = await openChange(browser, 1280);
      const {page} = rig;
      await page.getByRole('button', {name: 'Split'}).click();
      await page.setViewportSize({width: 390, height: 844});
      await page.locator('table.unified').waitFor();
      expect(await page.getByRole('button', {name: 'Split'}).count()).toBe(0);
      for (const text of ['port 8080', 'port 3000']) {
        const {x, width} = (await page.locator('td.line', {hasText: text}).boundingBox())!;
        expect(x + width).toBeLessThanOrEqual(390);
      }
    });
  },
);

async function openChange(browser: Browser, width: number): Promise<{page: Page} & AsyncDisposable> {
  const home = await makeTemporaryDirectory();
  const {id} = await seedRun(home.path, {jobs: [{repo: 'api', end: 'changed', change: {patch}}]});
  const served = await openTestPage(home.path);
  const {page} = await watchPage(browser, served.origin, {viewport: {width, height: 800}});
  await page.goto(served.url);
  await page.goto(`${served.origin}/review?run=${id}`);
  await page.locator('table.diff').waitFor();
  return {
    page,
    async [Symbol.asyncDispose]() {
      await page.context().close();
      await served[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}
