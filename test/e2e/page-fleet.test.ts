import type {Browser} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {noChromium, startChromium, watchPage} from '../support/chromium.ts';
import {noOperator, openTestPage} from '../support/open-test-page.ts';
import {seedManyJobs} from '../support/seed-many-jobs.ts';
import {seedMorning} from '../support/seed-morning.ts';

describe.skipIf(noChromium !== undefined)(
  `the fleet in a browser${noChromium === undefined ? '' : ` (${noChromium})`}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await startChromium();
    });
    afterAll(() => browser?.close());

    it('names each repo with its state and age, failed first, and finds them by tag and text', async () => {
      await using home = await makeTemporaryDirectory();
      await seedMorning(home.path);
      const tags = new Map([
        ['acme-api', ['backend']],
        ['acme-infra', ['backend', 'core']],
      ]);
      await using served = await openTestPage(home.path, {operator: {...noOperator, tags: () => tags}});
      const {page, faults} = await watchPage(browser, served.origin, {viewport: {width: 1280, height: 800}});
      await page.goto(served.url);
      await page.goto(`${served.origin}/fleet`);
      const tiles = page.locator('.tile');
      await tiles.first().waitFor();
      const names = (): Promise<string[]> => page.locator('.tile-name').allInnerTexts();
      expect((await names()).slice(0, 2)).toEqual(['acme-infra', 'acme-legacy']);
      expect(await tiles.count()).toBe(13);
      expect(await tiles.first().innerText()).toMatch(/acme-infra\s+✗\s*failed reply-truncated\s+\d+ h/);
      expect((await page.locator('.standing').innerText()).replace(/\s+/g, ' ')).toContain('To review 9 Failed 2');

      await page.getByRole('button', {name: 'backend'}).click();
      expect(await names()).toEqual(['acme-infra', 'acme-api']);
      await page.getByRole('button', {name: 'To review 1'}).click();
      expect(await names()).toEqual(['acme-api']);
      await page.getByRole('button', {name: 'any tag'}).click();
      await page.getByRole('button', {name: 'All 13'}).click();
      await page.getByRole('searchbox').fill('overloaded');
      expect(await names()).toEqual(['acme-legacy']);
      await tiles.first().click();
      await page
        .getByRole('complementary', {name: 'History of acme-legacy'})
        .getByText('provider-overloaded')
        .waitFor();
      expect(new URL(page.url()).search).toBe('?repo=acme-legacy');
      expect(faults).toEqual([]);
    });

    it('shows squares where there are more names than anybody reads, and names again when few are left', async () => {
      await using home = await makeTemporaryDirectory();
      await seedManyJobs(home.path, 240);
      await using served = await openTestPage(home.path);
      const {page, faults} = await watchPage(browser, served.origin);
      await page.goto(served.url);
      await page.goto(`${served.origin}/fleet`);
      await page.locator('.square').first().waitFor();
      expect(await page.locator('.square').count()).toBe(240);
      expect(await page.locator('.square').first().getAttribute('aria-label')).toContain('failed provider-overloaded');
      await page.locator('.square').first().focus();
      await page.keyboard.press('ArrowRight');
      expect(await page.evaluate('[...document.querySelectorAll(".square")].indexOf(document.activeElement)')).toBe(1);
      await page.getByRole('searchbox').fill('overloaded');
      await page.locator('.tile').first().waitFor();
      expect(await page.locator('.tile').count()).toBe(12);
      expect(faults).toEqual([]);
    });
  },
);
