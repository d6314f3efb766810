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
