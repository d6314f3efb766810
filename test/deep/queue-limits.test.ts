import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {describe, expect, it} from 'vitest';
import {openLedger} from '../../src/orchestrator/open-ledger.ts';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {type Ended, makeNight, type Night, readResults, startCli} from '../support/night-rig.ts';
import {postgresProblem, startPostgres} from '../support/postgres-server.ts';
import {quickTimes, readmeFor, signal, startWorker} from '../support/queue-rig.ts';

const jobs = 150;
const workers = 8;

describe.skipIf(postgresProblem !== undefined)('limits over eight workers', () => {
  it('calls in flight and calls a minute stay below what the provider allows, one worker killed', async () => {
    await using postgres = await startPostgres();
    const url = await postgres.newDatabase();
    await using server = await startScriptedModelServer({strict: false, latencyMs: 300});
    server.reply(readmeFor);
    const limits = {max_in_flight: 5, requests_per_minute: 60};
    const night = await newNight({}, limits);
    const ended = await runWithOneKilled(night, url, server);
    const wrong = (await readResults(night))
      .filter(row => row.outcome !== 'changed')
      .map(row => [row.repo, row.outcome, row.message]);
    expect({code: ended.code, wrong}).toEqual({code: 0, wrong: []});
    expect(server.maxInFlight).toBeLessThanOrEqual(limits.max_in_flight);
    const times = server.requests.map(({at}) => at).sort((a, b) => a - b);
    const busiest = Math.max(...times.map(from => times.filter(at => at >= from && at < from + 60_000).length));
    console.log(`${times.length} calls, at most ${server.maxInFlight} in flight and ${busiest} in a minute`);
    expect(busiest).toBeLessThanOrEqual(limits.requests_per_minute);
    rmSync(night.directory, {recursive: true});
  });

  it('a budget is spent as far as it goes, and never beyond, one worker killed', async () => {
    await using postgres = await startPostgres();
    const url = await postgres.newDatabase();
    await using server = await startScriptedModelServer({strict: false, latencyMs: 300});
    server.reply(readmeFor);
    const budgetUsd = 0.2;
    const night = await newNight({budget_usd: budgetUsd, max_output_tokens: 1_000}, {});
    const ended = await runWithOneKilled(night, url, server);
    const rows = await readResults(night);
    const ledger = openLedger('', url);
    const {spentUsd, reservedUsd} = await ledger.costOfRun(rows[0]!.run);
    await ledger.close();
    const done = rows.filter(row => row.outcome === 'changed').length;
    const billed = rows.reduce((sum, row) => sum + (row.cost_usd ?? 0), 0);
    console.log(
      `${done} of ${jobs} jobs done, ${server.requests.length} calls, ${spentUsd.toFixed(4)} of ${budgetUsd} USD counted`,
    );
    expect({code: ended.code, reservedUsd}).toEqual({code: 1, reservedUsd: 0});
    expect(spentUsd).toBeLessThanOrEqual(budgetUsd);
    expect(billed).toBeLessThanOrEqual(spentUsd + 1e-9);
    expect(rows.every(row => row.outcome === 'changed' || row.outcome === 'not-started')).toBe(true);
    // It stopped because the next call might not have fit, and not sooner.
    expect(budgetUsd - spentUsd).toBeLessThan(0.05);
    rmSync(night.directory, {recursive: true});
  });
});

async function newNight(settings: Record<string, unknown>, limits: Record<string, number>): Promise<Night> {
  const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-deep-limits-'));
  const night = await makeNight(folder, {repos: jobs, settings});
  writeFileSync(path.join(folder, 'config', 'models.json'), JSON.stringify({providers: {anthropic: limits}}));
  return night;
}

/** The run over all workers, of which one is killed in the middle of its calls. */
async function runWithOneKilled(night: Night, url: string, server: ScriptedModelServer): Promise<Ended> {
  const run = startCli(night, ['run', '--config', 'config/tasks.json', '--queue', url], {env: quickTimes});
  const started = Array.from({length: workers}, (_, index) =>
    startWorker(night, {name: `w${index}`, url, server, maxWorkers: 4}),
  );
  while (server.requests.length < 20) await sleep(50);
  signal(started[0]!.child, 'SIGKILL');
  const ended = await run.ended;
  for (const {child} of started) signal(child, 'SIGTERM');
  await Promise.all(started.map(worker => worker.ended));
  return ended;
}
