import type {Browser} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {noChromium, startChromium} from '../support/chromium.ts';
import {openTestPage} from '../support/open-test-page.ts';
import {seedMorning} from '../support/seed-morning.ts';

describe.skipIf(noChromium !== undefined)(
  `tabs and addresses in a browser${noChromium === undefined ? '' : ` (${noChromium})`}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await startChromium();
    });
    afterAll(() => browser?.close());

    it('opens a link in a new tab, with the token of the tab beside it and in no address', async () => {
      await using home = await makeTemporaryDirectory();
      const run = await seedMorning(home.path);
      await using served = await openTestPage(home.path);
      await using context = await browser.newContext();
      const asked: string[] = [];
      context.on('request', request => asked.push(`${request.url()} ${request.headers()['referer'] ?? ''}`));
      const first = await context.newPage();
      await first.goto(served.url);
      const link = first.getByRole('link', {name: run.id}).first();
      const [second] = await Promise.all([context.waitForEvent('page'), link.click({modifiers: ['ControlOrMeta']})]);
      await second.getByRole('heading', {name: run.id}).waitFor();
      expect(second.url()).toBe(`${served.origin}/r/${run.id}`);
      // Also from an address that was typed, and without the tab that had it first.
      await first.close();
      const third = await context.newPage();
      await third.goto(`${served.origin}/fleet`);
      await third.getByRole('heading', {name: 'Fleet'}).waitFor();
      expect(asked.filter(text => text.includes(served.token))).toEqual([]);

      // Another browser, or a window that shares nothing with this one, is told nothing.
      await using other = await browser.newContext();
      const stranger = await other.newPage();
      await stranger.goto(`${served.origin}/fleet`);
      await stranger.getByRole('heading', {name: 'This page needs its whole address'}).waitFor();
      await stranger.goto(served.url);
      await stranger.getByRole('heading', {name: '9 changes to review, 2 failures'}).waitFor();
    });

    it('wakes a tab that waits, or that has the token of an earlier start, when the new address is opened beside it', async () => {
      await using home = await makeTemporaryDirectory();
      await seedMorning(home.path);
      await using served = await openTestPage(home.path);
      await using context = await browser.newContext();
      const [waiting, old, fresh] = [await context.newPage(), await context.newPage(), await context.newPage()];
      await waiting.goto(`${served.origin}/fleet`);
      await waiting.getByRole('heading', {name: 'This page needs its whole address'}).waitFor();
      await old.goto(`${served.origin}/fleet#token=${'x'.repeat(43)}`);
      await old.getByRole('heading', {name: 'This page is of an earlier start'}).waitFor();
      await fresh.goto(served.url);
      await fresh.getByRole('heading', {name: '9 changes to review, 2 failures'}).waitFor();
      await waiting.getByRole('heading', {name: 'Fleet'}).waitFor();
      await old.getByRole('heading', {name: 'Fleet'}).waitFor();
    });

    it('says what is wrong with an address, and names each tab', async () => {
      await using home = await makeTemporaryDirectory();
      const run = await seedMorning(home.path);
      await using served = await openTestPage(home.path);
      await using context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(served.url);
      await page.getByRole('heading', {name: '9 changes to review, 2 failures'}).waitFor();
      expect(await page.title()).toBe('9 changes to review, 2 failures · orchestrator');
      for (const [place, heading, title] of [
        ['/nowhere', 'There is no such page', 'Not found'],
        ['/review/more', 'There is no such page', 'Not found'],
        ['/r/r-none', 'There is no such run', 'r-none'],
        [`/r/${run.id}/none`, 'The run has no such job', run.id],
        ['/skills/none', 'No skill "none"', 'none'],
        ['/trends', 'Trends', 'Trends'],
        ['/settings', 'Settings', 'Settings'],
        ['/costs', 'Costs', 'Costs'],
        ['/fleet', 'Fleet', 'Fleet'],
        ['/review', 'acme-ops', '9 to review'],
      ] as const) {
        const response = await page.goto(served.origin + place);
        await page.getByRole('heading', {level: 1, name: heading}).waitFor();
        expect([place, await page.title()]).toEqual([place, `${title} · orchestrator`]);
        expect([place, response!.status()]).toEqual([place, heading === 'There is no such page' ? 404 : 200]);
        expect(await page.getByText('still running').count()).toBe(0);
      }
      // What no person looks at is answered as it always was.
      expect(await (await fetch(`${served.origin}/nowhere`)).json()).toEqual({error: 'there is no such place'});
    });
  },
);
