import {mkdirSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeTemporaryDirectory, type TemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {raceForBudget} from '../support/budget-race.ts';
import {answerJob} from '../support/night-checks.ts';
import {
  cli,
  configurationOf,
  makeNight,
  type Night,
  readResults,
  resultsFiles,
  writeConfiguration,
} from '../support/night-rig.ts';

/** Of claude-sonnet-4-5, US dollars a token. */
const inputUsd = 3 / 1e6;
const outputUsd = 15 / 1e6;
const maxOutputTokens = 1_000;

describe('a budget', () => {
  let temporary: TemporaryDirectory;
  let nights = 0;
  beforeAll(async () => {
    temporary = await makeTemporaryDirectory();
  });
  afterAll(() => temporary[Symbol.asyncDispose]());
  const openNight = async (repos: number, settings: Record<string, unknown>): Promise<Night> =>
    await makeNight(path.join(temporary.path, `night-${++nights}`), {repos, settings});

  it('is kept by eight processes that race for it, one of them killed', async () => {
    const directory = path.join(temporary.path, 'race');
    mkdirSync(directory);
    const limitUsd = 0.5;
    const race = await raceForBudget(directory, {processes: 8, calls: 40, limitUsd, seed: 7});
    expect(race.errors).toEqual([]);
    expect(race.billedUsd).toBeLessThanOrEqual(limitUsd);
    expect(race.bills).toBeGreaterThan(30);
    expect(race.refused).toBeGreaterThan(30);
  });

  it('of a day is kept by two runs at once: what does not fit is not started, and the exit code says so', async () => {
    const budget = 0.2;
    const settings = {budget_usd_per_day: budget, max_output_tokens: maxOutputTokens};
    const night = await openNight(24, settings);
    const half = (from: number): string[] => night.repos.slice(from, from + 12);
    writeConfiguration(night, {settings, tasks: [{name: 'A', skill: 'readme-generator', repo_names: half(0)}]});
    writeConfiguration(
      night,
      {
        settings: {...settings, log_file: '../other.log'},
        tasks: [{name: 'B', skill: 'readme-generator', repo_names: half(12)}],
      },
      'other.json',
    );
    await using server = await startScriptedModelServer({latencyMs: 20});
    let billed = 0;
    server.reply(request => {
      billed += 2_000 * inputUsd + maxOutputTokens * outputUsd;
      return {
        text: String(answerJob(request)),
        tokens: {input: 2_000, output: maxOutputTokens, cacheRead: 0, cacheWrite: 0},
      };
    });
    const ends = await Promise.all(
      ['tasks.json', 'other.json'].map(
        async name => await cli(night, ['--config', configurationOf(night, name)], {server}),
      ),
    );
    expect(billed).toBeLessThanOrEqual(budget);
    // Each call costs 0.021 USD: not one more would have fitted.
    expect(server.requestCount).toBe(9);
    expect(ends.map(end => end.code)).toContain(1);
    const rows = (
      await Promise.all((await resultsFiles(night)).map(async name => await readResults(night, name)))
    ).flat();
    const left = rows.filter(row => row.outcome === 'not-started');
    expect(rows.filter(row => row.outcome === 'changed')).toHaveLength(9);
    expect(left).toHaveLength(15);
    for (const row of left)
      expect(row).toMatchObject({status: 'cancelled', message: expect.stringContaining('budget')});

    const again = await cli(night, ['resume'], {server});
    expect([again.code, server.requestCount]).toEqual([1, 9]);
  });

  it('of a task stops that task alone', async () => {
    const night = await openNight(6, {max_output_tokens: maxOutputTokens, budget_usd: 5});
    const [first, second] = [night.repos.slice(0, 3), night.repos.slice(3)];
    writeConfiguration(night, {
      settings: {max_output_tokens: maxOutputTokens, budget_usd: 5},
      tasks: [
        {name: 'Poor', skill: 'readme-generator', repo_names: first, budget_usd: 0.001},
        {name: 'Rich', skill: 'readme-generator', repo_names: second},
      ],
    });
    await using server = await startScriptedModelServer();
    server.reply(answerJob);
    expect((await cli(night, ['--config', configurationOf(night)], {server})).code).toBe(1);
    const rows = await readResults(night);
    expect(rows.map(row => row.outcome)).toEqual([...first.map(() => 'not-started'), ...second.map(() => 'changed')]);
  });

  it('with a model of unknown price starts nothing at all', async () => {
    const night = await openNight(3, {budget_usd: 1, model: 'anthropic/claude-unheard-of-9'});
    await using server = await startScriptedModelServer();
    const end = await cli(night, ['--config', configurationOf(night)], {server});
    expect([end.code, end.stdout]).toEqual([2, '']);
    expect(end.stderr).toMatch(
      /^config\/tasks\.json:1:\d+ settings\.model — a budget is set and there is no price for "anthropic\/claude-unheard-of-9"[^\n]*\n$/,
    );
    expect(server.requests).toEqual([]);
  });
});
