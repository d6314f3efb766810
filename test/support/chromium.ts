import {existsSync} from 'node:fs';
import type {Browser, BrowserContextOptions, Page} from 'playwright-core';

const places = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const program = places.find(place => place !== '' && existsSync(place));

/** Why tests in a browser are skipped, with the fix; undefined when they can run. */
export const noChromium =
  program === undefined ? 'needs Chromium: apt-get install chromium, or set CHROMIUM to its path' : undefined;

export async function startChromium(): Promise<Browser> {
  const {chromium} = await import('playwright-core');
  return await chromium.launch({executablePath: program!, args: ['--no-sandbox', '--disable-gpu']});
}

/** What a page did that it should not do. */
export interface Watched {
  readonly page: Page;
  /** Errors on the console, exceptions, violations of the policy, dialogs, requests to other places. */
  readonly faults: string[];
  readonly requests: string[];
}

/** Opens a page that tells of everything that goes wrong in it. `origin` is the one place that it may ask. */
export async function watchPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({reducedMotion: 'reduce', ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults: string[] = [];
  const requests: string[] = [];
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', error => faults.push(`exception: ${error.message}`));
  page.on('dialog', dialog => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on('request', request => {
    const url = request.url();
    requests.push(url);
    if (!url.startsWith(origin) && !url.startsWith('data:')) faults.push(`outside: ${url}`);
  });
  context.on('page', () => faults.push('another page was opened'));
  return {page, faults, requests};
}

/** Follows a link inside the page, which is much quicker than a new document, and waits until it shows what it has. */
export async function showPlace(page: Page, place: string): Promise<void> {
  const text = JSON.stringify(place);
  await page.evaluate(`new Promise(drawn => {
    history.pushState(null, '', ${text});
    dispatchEvent(new PopStateEvent('popstate'));
    requestAnimationFrame(() => requestAnimationFrame(drawn));
  })`);
  await page.locator('h1').first().waitFor();
  await page.locator('.loading').first().waitFor({state: 'detached'});
}
