import path from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeTemporaryDirectory, type TemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {answerJob, countCalls, readLedger} from '../support/night-checks.ts';
import {
  cli,
  configurationOf,
  copyNight,
  makeNight,
  type Night,
  processesOf,
  readResults,
  resultsFiles,
  startCli,
  writeConfiguration,
} from '../support/night-rig.ts';
import {startManyTimes} from '../support/start-trials.ts';

describe('starts that meet', () => {
  let temporary: TemporaryDirectory;
  let template: Night;
  let nights = 0;
  beforeAll(async () => {
    temporary = await makeTemporaryDirectory();
    template = await makeNight(path.join(temporary.path, 'template'), {repos: 8});
  });
  afterAll(() => temporary[Symbol.asyncDispose]());
  const openNight = async (): Promise<Night> =>
    await copyNight(template, path.join(temporary.path, `night-${++nights}`));

  it('of one configuration give one run; the others name who holds it and end well', async () => {
    const result = await startManyTimes(await openNight(), 20);
    expect(result.problems).toEqual([]);
    expect(result.loneRefusalMs).toBeLessThan(2_000);
  });

  it('end when they are refused, also where threads were started for their many repos', async () => {
    const night = await makeNight(path.join(temporary.path, 'many'), {repos: 16});
    expect((await startManyTimes(night, 2)).problems).toEqual([]);
    const refused = await cli(night, ['--config', configurationOf(night)]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('ANTHROPIC_API_KEY is not set')]);
  });

  it('of two configurations over the same repos take turns: what one delivered, the other finds', async () => {
    const night = await openNight();
    writeConfiguration(night, {settings: {log_file: '../other.log'}}, 'other.json');
    await using server = await startScriptedModelServer({latencyMs: 60});
    server.reply(answerJob);
    const ends = await Promise.all(
      ['tasks.json', 'other.json'].map(
        async name => await cli(night, ['--config', configurationOf(night, name)], {server}),
      ),
    );
    expect(ends.map(end => [end.code, end.stderr])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    expect([...countCalls(server.requests).values()]).toEqual(night.repos.map(() => 1));
    const files = await resultsFiles(night);
    expect(files).toHaveLength(2);
    const rows = (await Promise.all(files.map(async name => await readResults(night, name)))).flat();
    for (const repo of night.repos) {
      const outcomes = rows.filter(row => row.repo === repo).map(row => row.outcome);
      expect(
        outcomes.filter(outcome => outcome === 'changed'),
        repo,
      ).toHaveLength(1);
      expect(
        outcomes.filter(outcome => outcome === 'up-to-date'),
        repo,
      ).toHaveLength(1);
    }
    expect(readLedger(night)).toMatchObject({openRuns: 0, claims: 0, unconfirmed: 0});
  });

  it("of two configurations that want different words replace each other's delivery, never lose one", async () => {
    const night = await openNight();
    writeConfiguration(night, {settings: {log_file: '../other.log', context_tokens: 50_000}}, 'other.json');
    await using server = await startScriptedModelServer({latencyMs: 60});
    let calls = 0;
    server.reply(request => `${String(answerJob(request))}\nVersion ${++calls}.\n`);
    const ends = await Promise.all(
      ['tasks.json', 'other.json'].map(
        async name => await cli(night, ['--config', configurationOf(night, name)], {server}),
      ),
    );
    expect(ends.map(end => [end.code, end.stderr])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    for (const [job, count] of countCalls(server.requests)) expect(count, job).toBeLessThanOrEqual(2);
    expect(readLedger(night)).toMatchObject({openRuns: 0, claims: 0, unconfirmed: 0});
  });

  it('take over from a process that was killed at once, and from a silent one on another host after a minute', async () => {
    const night = await openNight();
    const start = ['--config', configurationOf(night)];
    await using silent = await startScriptedModelServer({strict: false});
    silent.reply({fault: 'stall'});
    const {child, ended} = startCli(night, start, {server: silent});
    while (silent.inFlight < 4) await new Promise(resolve => setTimeout(resolve, 10));
    child.kill('SIGKILL');
    await ended;
    await using server = await startScriptedModelServer();
    server.reply(answerJob);

    pretendHolder(night, 'elsewhere', Date.now() - 50_000);
    const early = await cli(night, start, {server});
    expect([early.code, early.stderr]).toEqual([0, expect.stringContaining('on elsewhere, process')]);
    const resumed = await cli(night, ['resume', readLedger(night).runs[0]!], {server});
    expect([resumed.code, resumed.stderr]).toEqual([2, expect.stringContaining('is running')]);
    const retried = await cli(night, ['retry', readLedger(night).runs[0]!], {server});
    expect([retried.code, retried.stderr]).toEqual([2, expect.stringContaining('held by another process')]);
    expect(server.requestCount).toBe(0);

    pretendHolder(night, 'elsewhere', Date.now() - 61_000);
    const late = await cli(night, start, {server});
    expect([late.code, late.stdout]).toEqual([
      0,
      expect.stringContaining('was interrupted: 0 of 8 jobs had ended; 4 calls'),
    ]);
    expect((await readResults(night)).every(row => row.outcome === 'changed')).toBe(true);
  });

  it('in the background return once the run is recorded, and say so when another one holds it', async () => {
    const night = await openNight();
    const {promise: mayAnswer, resolve: answer} = Promise.withResolvers<void>();
    await using server = await startScriptedModelServer();
    server.reply(async request => {
      await mayAnswer;
      return answerJob(request);
    });
    const start = ['--config', configurationOf(night), '--detach'];
    const launched = await cli(night, [...start, '--json'], {server});
    expect([launched.code, launched.stderr]).toEqual([0, '']);
    const launch = JSON.parse(launched.stdout) as {event: string; run: string; pid: number};
    expect(launch).toMatchObject({event: 'launch', run: readLedger(night).runs[0]});
    const second = await cli(night, start, {server});
    expect([second.code, second.stdout]).toEqual([0, '']);
    expect(second.stderr).toContain(`running already: ${launch.run}`);
    answer();
    while ((await processesOf(night)).length > 0) await new Promise(resolve => setTimeout(resolve, 20));
    expect((await readResults(night)).map(row => row.outcome)).toEqual(night.repos.map(() => 'changed'));
  });

  it('leave a live run alone when it is retried by its id', async () => {
    const night = await openNight();
    const {promise: mayAnswer, resolve: answer} = Promise.withResolvers<void>();
    await using server = await startScriptedModelServer();
    server.reply(async request => {
      await mayAnswer;
      return answerJob(request);
    });
    const {ended} = startCli(night, ['--config', configurationOf(night)], {server});
    while (server.inFlight === 0) await new Promise(resolve => setTimeout(resolve, 10));
    const retried = await cli(night, ['retry', readLedger(night).runs[0]!], {server});
    answer();
    expect([retried.code, retried.stderr]).toEqual([2, expect.stringContaining('held by another process')]);
    expect((await ended).code).toBe(0);
    expect(server.requestCount).toBe(night.repos.length);
  });
});

function pretendHolder(night: Night, host: string, heartbeatAt: number): void {
  const database = new DatabaseSync(path.join(night.directory, 'state', 'state.db'));
  database.prepare('UPDATE runs SET host = ?, heartbeat_at = ?').run(host, heartbeatAt);
  database.close();
}
