import {expect, it} from 'vitest';
import {openTestPage} from '../../test/support/open-test-page.ts';
import {seedMorning} from '../../test/support/seed-morning.ts';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';

it('answers in Prometheus text, to whoever has the token', async () => {
  await using home = await makeTemporaryDirectory();
  await seedMorning(home.path);
  await using page = await openTestPage(home.path);
  const answer = await page.ask('/api/metrics');
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  expect(text).toMatch(/^orchestrator_jobs\{run="r-[^"]+",state="changed"\} \d+$/m);
  expect(text).toMatch(/^orchestrator_jobs\{run="r-[^"]+",state="failed"\} [1-9]\d*$/m);
  expect(text).toMatch(/^orchestrator_changes\{waits_for="decision"\} [1-9]\d*$/m);
  for (const line of text.trimEnd().split('\n'))
    expect(line).toMatch(
      /^(?:# (?:HELP|TYPE) orchestrator_\w+ .+|orchestrator_\w+(?:\{[^}]+\})? -?\d+(?:\.\d+)?(?:e-\d+)?)$/,
    );
  expect((await fetch(`${page.origin}/api/metrics`)).status).toBe(401);
});

it('has a token of its own, which opens nothing else', async () => {
  await using home = await makeTemporaryDirectory();
  await seedMorning(home.path);
  const metricsToken = 'm'.repeat(43);
  await using page = await openTestPage(home.path, {metricsToken});
  const ask = async (path: string, token: string, method = 'GET'): Promise<number> =>
    (await fetch(page.origin + path, {method, headers: {authorization: `Bearer ${token}`, origin: page.origin}}))
      .status;
  expect(await ask('/api/metrics', metricsToken)).toBe(200);
  expect(await ask('/api/metrics', page.token)).toBe(200);
  for (const path of ['/api/tonight', '/api/live', '/api/metrics?x=1', '/api/runs'])
    expect([path, await ask(path, metricsToken)]).toEqual([path, 401]);
  expect(await ask('/api/metrics', metricsToken, 'POST')).toBe(401);
  expect(await ask('/api/metrics', 'x'.repeat(43))).toBe(401);
  await using without = await openTestPage(home.path);
  expect((await fetch(`${without.origin}/api/metrics`, {headers: {authorization: 'Bearer '}})).status).toBe(401);
});
