import path from 'node:path';
import axe from 'axe-core';
import type {Browser, Page} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {systemClock} from '../../src/util/clock.ts';
import type {Operator} from '../../src/web/operator.ts';
import {noChromium, showPlace, startChromium, watchPage} from '../support/chromium.ts';
import {noOperator, openTestPage} from '../support/open-test-page.ts';
import {readHostile} from '../support/read-hostile.ts';
import {seedManyJobs} from '../support/seed-many-jobs.ts';
import {seedMorning} from '../support/seed-morning.ts';

describe.skipIf(noChromium !== undefined)(
  `the page in a browser${noChromium === undefined ? '' : ` (${noChromium})`}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await startChromium();
    });
    afterAll(() => browser?.close());

    it.each([
      [1280, 'light'],
      [390, 'dark'],
    ] as const)(
      'has nothing serious for axe, no error and no outside request, %i wide and %s',
      async (width, colorScheme) => {
        await using home = await makeTemporaryDirectory();
        const run = await seedMorning(home.path);
        await using served = await openTestPage(home.path, {operator: {...noOperator, ...wroteSomething}});
        const {page, faults, requests} = await watchPage(browser, served.origin, {
          viewport: {width, height: 844},
          colorScheme,
          // axe is put into the page by the test; the policy of the page would not let it in.
          bypassCSP: true,
        });
        await page.goto(served.url);
        const {rows} = (await (await served.ask(`/api/runs/${run.id}/jobs`)).json()) as {
          rows: {id: string; repo: string}[];
        };
        const job = (repo: string): string => `/r/${run.id}/${rows.find(row => row.repo === repo)!.id}`;
        const places = [
          '/',
          `/r/${run.id}`,
          `/r/${run.id}?filter=failed`,
          job('acme-api'),
          `${job('acme-ops')}?tab=policy`,
          `${job('acme-infra')}?tab=transcript`,
          `${job('acme-infra')}?tab=prompt`,
          '/review',
          '/fleet?repo=acme-api',
          '/costs?by=repo',
          '/trends',
          '/settings',
          '/skills/readme-generator',
          '/nowhere',
        ];
        for (const place of places) {
          await showPlace(page, place);
          expect([place, await violations(page)]).toEqual([place, []]);
          const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          expect([place, wide]).toEqual([place, expect.any(Number)]);
          expect(Number(wide)).toBeLessThanOrEqual(0);
        }
        await showPlace(page, '/review');
        await page.keyboard.press('r');
        await page.getByRole('dialog').waitFor();
        expect(await violations(page)).toEqual([]);
        expect(faults).toEqual([]);
        expect(requests.filter(url => !url.startsWith(served.origin) && !url.startsWith('data:'))).toEqual([]);
      },
    );

    it('shows hostile texts in every field as they are, and runs none', async () => {
      const {faults, foreign, missing, places} = await readHostile(browser, 12, 4);
      expect({faults, foreign, missing}).toEqual({faults: [], foreign: [], missing: []});
      expect(places).toBeGreaterThan(12);
    });

    it('never moves the row under the hand, and sorts again when asked', async () => {
      await using home = await makeTemporaryDirectory();
      const run = await seedManyJobs(home.path, 300);
      await using served = await openTestPage(home.path);
      const {page, faults} = await watchPage(browser, served.origin, {viewport: {width: 1280, height: 860}});
      await page.goto(served.url);
      await page.goto(`${served.origin}/r/${run.id}`);
      await page.locator('tr.job a').first().waitFor();
      await page.evaluate('scrollTo(0, 5000)');
      const middle = page.locator('tr.job[aria-rowindex="100"] a');
      await middle.waitFor();
      expect(await page.locator('tr.job').count()).toBeLessThan(80);
      const before = [await middle.innerText(), (await middle.boundingBox())!.y];
      const ledger = createLedger(openSqlite(path.join(home.path, 'state.db')), systemClock);
      const [failed] = await ledger.jobs(run.id, {status: 'failed', newest: 1});
      await ledger.reopenJobs(run.id, [failed!.job.id]);
      await ledger.close();
      const sort = page.getByRole('button', {name: 'sort again'});
      await sort.waitFor({state: 'attached'});
      expect([await middle.innerText(), (await middle.boundingBox())!.y]).toEqual(before);
      await page.evaluate('scrollTo(0, 0)');
      await sort.click();
      await sort.waitFor({state: 'detached'});
      expect(await page.getByRole('button', {name: 'Failed 14'}).count()).toBe(1);
      expect(faults).toEqual([]);
    });

    it('needs its token, and says where to find it', async () => {
      await using home = await makeTemporaryDirectory();
      await seedMorning(home.path);
      await using served = await openTestPage(home.path);
      const {page} = await watchPage(browser, served.origin);
      await page.goto(served.origin);
      await page.getByRole('heading', {name: 'This page needs its whole address'}).waitFor();
      await page.goto(`${served.origin}/r/x#token=${'x'.repeat(43)}`);
      await page.getByRole('alert').waitFor();
    });

    it('says what to do where there is nothing yet', async () => {
      await using home = await makeTemporaryDirectory();
      await using served = await openTestPage(home.path);
      const {page, faults} = await watchPage(browser, served.origin);
      await page.goto(served.url);
      await page.getByText('orchestrator demo').waitFor();
      for (const [place, text] of [
        ['/review', 'Nothing to review'],
        ['/fleet', 'No repo has had a job yet'],
        ['/costs', 'No model was called'],
      ] as const) {
        await page.goto(served.origin + place);
        await page.getByText(text).waitFor();
      }
      expect(faults).toEqual([]);
    });

    it('is at most 60 KB of compressed script', async () => {
      const {gzipSync} = await import('node:zlib');
      await using home = await makeTemporaryDirectory();
      await using served = await openTestPage(home.path);
      const {page, requests} = await watchPage(browser, served.origin);
      const run = await seedMorning(home.path);
      await page.goto(served.url);
      await page.goto(`${served.origin}/r/${run.id}`);
      await page.locator('.chart svg').first().waitFor();
      const scripts = [...new Set(requests)].filter(url => /\.(?:js|ts)$/.test(url));
      let bytes = 0;
      for (const url of scripts) bytes += gzipSync(await (await fetch(url)).text()).length;
      expect(scripts.length).toBeGreaterThan(15);
      expect(bytes).toBeLessThanOrEqual(60 * 1024);
    });
  },
);

const wroteSomething: Pick<Operator, 'skill' | 'settings' | 'checks' | 'prompt'> = {
  skill: () => ({
    skill: {
      description: 'Writes a README.',
      directory: '/skills/readme-generator',
      source: 'operator',
      mode: 'simple',
      output: 'README.md',
      allowedTools: ['read_file'],
      references: ['references/rules.md'],
      digest: 'a'.repeat(64),
      instructions: '# Write the README\n',
      template: '# Title\n',
    },
  }),
  settings: async () => ({
    places: [{name: 'state folder', path: '~/.orchestrator'}],
    files: [
      {path: 'config/night.json', text: '{"tasks": []}'},
      {path: 'config/broken.json', problem: 'the file is not UTF-8 text'},
    ],
  }),
  checks: async () => [
    {name: 'node', status: 'ok', message: '24.21.0'},
    {name: 'keys', status: 'warning', message: 'no key is set', fix: 'export ANTHROPIC_API_KEY'},
    {name: 'git', status: 'failure', message: 'is too old', fix: 'install git'},
  ],
  prompt: async () => ({
    kind: 'differs',
    notes: ['The skill has changed since.'],
    request: {model: 'a/b', system: 'You write.', prompt: 'This repo.', tools: [], maxOutputTokens: 1, timeoutMs: 1},
    digest: 'b'.repeat(64),
    sentDigest: 'c'.repeat(64),
    commit: 'd'.repeat(40),
    files: [{path: 'a', id: '1', text: '', cut: true}],
    leftOut: [
      {path: '.env', reason: 'secret', detail: 'password at line 3'},
      {path: 'logo.png', reason: 'binary'},
    ],
  }),
};

async function violations(page: Page): Promise<unknown> {
  await page.evaluate(axe.source);
  return await page.evaluate(
    `axe.run({resultTypes: ['violations']}).then(({violations}) => violations
      .filter(({impact}) => impact === 'serious' || impact === 'critical')
      .map(({id, nodes}) => [id, nodes[0].html, nodes[0].failureSummary]))`,
  );
}
