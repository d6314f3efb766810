import {mkdirSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeTemporaryDirectory, type TemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {type KillRig, killAtRandom, makeKillRig, stopAtRandom} from '../support/kill-trials.ts';
import {answerJob, difference, readFleetBytes} from '../support/night-checks.ts';
import {cli, configurationOf, copyNight, makeNight, readResults, startCli} from '../support/night-rig.ts';
import {seededRandom} from '../support/seeded-random.ts';

describe('a run that is killed or stopped', () => {
  let temporary: TemporaryDirectory;
  let rig: KillRig;
  beforeAll(async () => {
    temporary = await makeTemporaryDirectory();
    rig = await makeKillRig(temporary.path, 12);
  });
  afterAll(() => temporary[Symbol.asyncDispose]());
  const folder = (name: string): string => {
    const directory = path.join(temporary.path, name);
    mkdirSync(directory);
    return directory;
  };

  it('ends as if nothing had happened after ten kills at random moments', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const problems: string[] = [];
    let kills = 0;
    // On a fast machine some nights end before a kill can hit them.
    for (let night = 0; kills < 10 && night < 10; night++) {
      const result = await killAtRandom(rig, Math.min(5, 10 - kills), random, folder(`kill-${night}`));
      kills += result.kills;
      problems.push(...result.problems);
    }
    expect({seed, problems}).toEqual({seed, problems: []});
    expect(kills).toBe(10);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'starts nothing after %s, ends its calls and is finished by resume',
    async signal => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const result = await stopAtRandom(rig, signal, seededRandom(seed), folder(signal));
      expect({seed, problems: result.problems}).toEqual({seed, problems: []});
    },
  );

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('is out within 2 s of a second %s though the model never answers', async (signal, code) => {
    const night = await copyNight(rig.template, path.join(folder(`second-${signal}`), 'night'));
    await using silent = await startScriptedModelServer({strict: false});
    silent.reply({fault: 'stall'});
    const {child, ended, output} = startCli(night, ['--config', configurationOf(night)], {server: silent});
    await until(() => silent.inFlight > 0);
    child.kill(signal);
    await until(() => output().includes('no new job'));
    const secondAt = performance.now();
    child.kill(signal);
    const end = await ended;
    expect(end.code).toBe(code);
    expect(performance.now() - secondAt).toBeLessThan(2_000);
    const rows = await readResults(night);
    expect(rows.every(row => row.outcome === 'not-started')).toBe(true);
    // Those that were in flight may have been billed.
    expect(rows.filter(row => row.cost_usd === null)).toHaveLength(silent.requestCount);
    expect(output()).toMatch(new RegExp(`finished: .*, exit ${code}\n`));
    for (const args of [
      ['history', '--json'],
      ['list', 'runs', '--json'],
      ['status', '--json'],
    ])
      expect((await cli(night, args, {server: silent})).stdout, args.join(' ')).toMatch(
        new RegExp(`"exit_code": ${code}\\b`),
      );

    await using server = await startScriptedModelServer();
    server.reply(answerJob);
    expect((await cli(night, ['resume'], {server})).code).toBe(0);
    expect(difference(rig.endState, await readFleetBytes(night))).toEqual([]);
  });

  it('aborts calls that outlast the grace', async () => {
    const night = await makeNight(folder('grace'), {repos: 2, settings: {grace_s: 0.3}});
    await using silent = await startScriptedModelServer({strict: false});
    silent.reply({fault: 'stall'});
    const {child, ended} = startCli(night, ['--config', configurationOf(night)], {server: silent});
    await until(() => silent.inFlight > 0);
    const stoppedAt = performance.now();
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
    expect(performance.now() - stoppedAt).toBeLessThan(3_000);
  });

  it('survives the end of its terminal', async () => {
    const night = await copyNight(rig.template, path.join(folder('hang-up'), 'night'));
    await using server = await startScriptedModelServer({latencyMs: 50});
    server.reply(answerJob);
    const {child, ended} = startCli(night, ['--config', configurationOf(night)], {server});
    await until(() => server.inFlight > 0);
    child.kill('SIGHUP');
    expect((await ended).code).toBe(0);
    expect(difference(rig.endState, await readFleetBytes(night))).toEqual([]);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, 5));
}
