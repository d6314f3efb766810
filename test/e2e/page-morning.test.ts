import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Browser, Page} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {noChromium, startChromium, watchPage} from '../support/chromium.ts';
import {anthropicAt, invitePerson, type Person, repoOf, wholeFile} from '../support/person.ts';
import {serveTo} from '../support/served-page.ts';

const same = ['billing', 'mobile', 'search', 'shop', 'web', 'worker'];
const good = [...same, 'api', 'docs', 'legacy'];
const all = [...good, 'ops', 'infra'];

describe.skipIf(noChromium !== undefined)(
  `the morning in a browser${noChromium === undefined ? '' : ` (${noChromium})`}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await startChromium();
    });
    afterAll(() => browser?.close());

    it('accepts the good, rejects one, retries what can work and delivers, in at most 12 clicks', async () => {
      await using night = await spendNight();
      const {person} = night;
      await using served = await serveTo(person);
      const {page, faults} = await watchPage(browser, served.origin);
      let clicks = 0;
      const click = async (name: string | RegExp, role: 'button' | 'link' = 'button'): Promise<void> => {
        clicks++;
        await page.getByRole(role, {name, exact: true}).click();
      };
      await page.goto(served.url);
      await page.getByRole('heading', {name: '9 changes to review, 2 failures'}).waitFor();
      expect(page.url()).toBe(`${served.origin}/`);
      night.recover();
      await click('Retry 2 jobs');
      await page.getByText('ended').first().waitFor();
      await click(/^Review \d+ changes/, 'link');
      await acceptUntil(page, click);
      await click(/^Deliver 9 accepted/);
      const list = page.getByRole('dialog', {name: 'Deliver 9 changes?'});
      await list.getByText(path.join(person.home, 'code', 'api')).waitFor();
      expect(await isDelivered(person, 'api')).toBe(false);
      await click('Deliver 9');
      await page.getByText('ended well').first().waitFor();
      expect(clicks).toBeLessThanOrEqual(12);
      expect(await Promise.all(good.map(repo => isDelivered(person, repo)))).toEqual(good.map(() => true));
      expect(await isDelivered(person, 'ops')).toBe(false);
      expect(faults).toEqual([]);
    });

    it('does the same decisions with keys alone', async () => {
      await using night = await spendNight();
      await using served = await serveTo(night.person);
      const {page, faults} = await watchPage(browser, served.origin);
      await page.goto(served.url);
      await page.getByRole('link', {name: 'Review 9 changes'}).focus();
      await page.keyboard.press('Enter');
      await page.getByText('1 of 9').waitFor();
      let keys = 1;
      const press = async (key: string): Promise<void> => {
        keys++;
        await page.keyboard.press(key);
      };
      const heading = page.getByRole('heading', {level: 1});
      for (let left = 9; left > 0; ) {
        const name = (await heading.innerText()).split(' ')[0]!;
        const isGroup = same.includes(name);
        if (name === 'ops') {
          await press('r');
          await page.getByRole('dialog', {name: 'Reject'}).waitFor();
          await press('Tab');
          await press('Tab');
          await press('Enter');
          left--;
        } else {
          await press(isGroup ? 'A' : 'a');
          left -= isGroup ? 6 : 1;
        }
        await page.getByText(left === 0 ? 'All 9 decided' : `${10 - left} of 9`).waitFor();
      }
      await press('u');
      await page.getByText('9 of 9').waitFor();
      expect(keys).toBeLessThanOrEqual(25);
      const left = JSON.parse((await night.person.call(['review', '--json'])).stdout) as unknown[];
      expect(left).toHaveLength(1);
      expect(faults).toEqual([]);
    });
  },
);

/** Each change once, the same ones together; what concerns ops is rejected. */
async function acceptUntil(page: Page, click: (name: string | RegExp) => Promise<void>): Promise<void> {
  for (let done = 0; done < 10; ) {
    await page.getByText(`${done + 1} of 10`).waitFor();
    const name = (await page.getByRole('heading', {level: 1}).innerText()).split(' ')[0]!;
    if (same.includes(name)) await click(/^All 6 like this/);
    else if (name !== 'ops') await click(/^Accept/);
    else {
      await click(/^Reject….*r$/);
      await click('Reject');
    }
    done += same.includes(name) ? 6 : 1;
  }
  await page.getByText('All 10 decided').waitFor();
}

async function isDelivered({home}: Person, repo: string): Promise<boolean> {
  const text = await readFile(path.join(home, 'code', repo, 'README.md'), 'utf8').catch(() => '');
  return text.startsWith('# ');
}

/** A real run: nine changes, six of them alike, one provider that is overloaded and one reply that is cut. */
async function spendNight(): Promise<{person: Person; recover(): void} & AsyncDisposable> {
  const server = await startScriptedModelServer({record: false});
  const person = await invitePerson(anthropicAt(server.url));
  await person.own(all);
  let isWell = false;
  server.reply(request => {
    const repo = repoOf(request);
    if (repo === 'legacy' && !isWell) return {fault: 'status', status: 529};
    if (repo === 'infra') return {text: wholeFile(repo), finish: 'length'};
    return wholeFile(same.includes(repo) ? 'Acme' : repo);
  });
  await person.write('config/night.json', {
    tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all'}],
    settings: {model: 'anthropic/claude-sonnet-5-5', deliver: 'patch', max_attempts: 1, budget_usd: 5},
  });
  const {exitCode, stderr} = await person.call(['--config', 'config/night.json']);
  if (exitCode !== 1) throw new Error(`the night ended with ${exitCode}: ${stderr}`);
  return {
    person,
    recover() {
      isWell = true;
    },
    async [Symbol.asyncDispose]() {
      await person[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
