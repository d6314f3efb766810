import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {Browser, Page} from 'playwright-core';
import type {ShownPrompt} from '../../src/run/show-prompt.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {runCli} from './captured-io.ts';
import {showPlace, watchPage} from './chromium.ts';
import {noOperator, openTestPage} from './open-test-page.ts';
import {seedHostile} from './seed-hostile.ts';

export interface ReadHostile {
  /** What ran, was asked for elsewhere, or was stopped by the policy: nothing may even be tried. */
  readonly faults: readonly string[];
  /** Elements that a text has become. */
  readonly foreign: readonly string[];
  /** Texts that were not found where they should be shown. */
  readonly missing: readonly string[];
  readonly places: number;
}

/** Shows `count` hostile texts in every field, on every page and in the report, and moves over what could be touched. */
export async function readHostile(browser: Browser, count: number, everyNth: number): Promise<ReadHostile> {
  await using home = await makeTemporaryDirectory();
  const stateDir = path.join(home.path, '.orchestrator');
  const {run, texts} = await seedHostile(stateDir, count);
  const foreign: string[] = [];
  const missing: string[] = [];
  let places = 0;
  const look = async (page: Page, at: string): Promise<void> => {
    places++;
    const found: string[] = await page.evaluate(countForeign);
    foreign.push(...found.map(tag => `${at}: ${tag}`));
  };

  await using served = await openTestPage(stateDir, {
    jobEvents: async (_, {job}) => [job.repo, job.task],
    operator: {...noOperator, prompt: async (_, {job}) => hostilePrompt(job.task)},
  });
  const {page, faults} = await watchPage(browser, served.origin);
  await page.goto(served.url);
  const go = async (place: string, at: string): Promise<void> => {
    await showPlace(page, place);
    await look(page, at);
  };
  await page.locator('h1').waitFor();
  await look(page, 'tonight');
  for (const place of ['/fleet', '/costs', '/costs?by=repo', '/costs?by=model', `/r/${run.id}`, '/review'])
    await go(place, place);
  const {rows} = (await (await served.ask(`/api/runs/${run.id}/jobs`)).json()) as {
    rows: {id: string; sequence: number; state: string}[];
  };
  for (const row of rows) {
    if (row.sequence % everyNth !== 0) continue;
    const text = texts[row.sequence]!;
    const tabs =
      row.state === 'changed'
        ? ['diff', 'checks', 'policy', 'transcript', 'prompt', 'events', 'raw']
        : ['transcript', 'prompt', 'events', 'raw'];
    await go(`/r/${run.id}/${row.id}`, `job ${row.sequence}`);
    for (const tab of tabs) {
      await page.getByRole('tab', {name: tab}).click();
      await page.locator(`[aria-labelledby=tab-${tab}]`).waitFor();
      await page.locator('.loading').first().waitFor({state: 'detached'});
      await look(page, `${tab} of ${row.sequence}`);
      if (!(await page.locator('main').innerText()).includes(visiblePart(text))) missing.push(`${tab}: ${text}`);
    }
  }

  const {out} = await runCli(home.path, ['report', run.id, '--html', '-']);
  const file = path.join(home.path, 'report.html');
  await writeFile(file, out);
  const report = await watchPage(browser, 'file://');
  await report.page.goto(`file://${file}`);
  for (const summary of await report.page.locator('summary').all()) await summary.click();
  await look(report.page, 'report');
  const shown = await report.page.locator('main').innerText();
  for (const text of texts) if (!shown.includes(visiblePart(text))) missing.push(`report: ${text}`);
  const ran: unknown[] = [await page.evaluate('globalThis.ran'), await report.page.evaluate('globalThis.ran')];
  return {
    faults: [...faults, ...report.faults, ...ran.filter(mark => mark !== undefined).map(mark => `ran: ${mark}`)],
    foreign,
    missing,
    places,
  };
}

/** Every part of a prompt that comes from elsewhere is this text. */
function hostilePrompt(text: string): ShownPrompt {
  const tool = {name: text, description: text, parameters: {text}};
  return {
    kind: 'differs',
    notes: [text],
    request: {model: text, system: text, prompt: text, tools: [tool], maxOutputTokens: 1, timeoutMs: 1},
    digest: text,
    sentDigest: `${text}.`,
    commit: text,
    files: [{path: text, id: text, text, cut: true}],
    leftOut: [
      {path: text, reason: 'secret', detail: text},
      {path: text, reason: 'binary'},
    ],
  };
}

/** Hidden characters are shown as chips, so the text around them is looked for. */
function visiblePart(text: string): string {
  return /<script>.*<\/script>/.exec(text)?.[0] && text.startsWith('\u202e')
    ? /<script>.*<\/script>/.exec(text)![0]
    : text;
}

/** Neither page nor report makes these, but for the scripts and styles of its head and its own icon. */
const countForeign = `(() => {
  const own = 'script[src^="/assets/"], script[type=importmap], link[href^="/assets/"], link[rel=icon], body > script:last-child, head > style, canvas, dialog form, summary, details, svg';
  const suspects = 'script, iframe, object, embed, link, base, meta[http-equiv=refresh], style, img, video, audio, source, form, svg, math, template, [onerror], [onload], [onclick], [onfocus], [onmouseover], [ontoggle], [href^="javascript:"], [href^="data:"], [src^="data:"], [formaction], [srcdoc]';
  return [...document.querySelectorAll(suspects)].filter(element => !element.matches(own)).map(element => element.outerHTML.slice(0, 120));
})()`;
