import {writeFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import type {BatchFate} from '../../src/testing/scripted-batches.ts';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeTemporaryDirectory, type TemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {runCommand} from '../../src/util/run-command.ts';
import {batchOptions, paidTwice, readMoney} from '../support/batch-rig.ts';
import {makeBatchTrialRig, tryBatchPoints} from '../support/batch-trials.ts';
import {type Answer, runCli} from '../support/captured-io.ts';
import {answerJob} from '../support/night-checks.ts';
import {
  configurationOf,
  type Ended,
  makeNight,
  type Night,
  type Row,
  readResults,
  type Started,
  startCli,
  writeConfiguration,
} from '../support/night-rig.ts';

interface Rig extends AsyncDisposable {
  readonly night: Night;
  readonly server: ScriptedModelServer;
  run(args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  start(args?: readonly string[], env?: Readonly<Record<string, string>>): Started;
  /** In this process. */
  here(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Answer>;
}

type BatchRow = Row & {readonly batch?: boolean; readonly replayed?: boolean};

async function openRig(repos: number, settings: Readonly<Record<string, unknown>> = {}): Promise<Rig> {
  const temporary: TemporaryDirectory = await makeTemporaryDirectory();
  const server = await startScriptedModelServer();
  server.reply(answerJob);
  const night = await makeNight(path.join(temporary.path, 'night'), {repos, settings: {batch: true, ...settings}});
  const rig: Rig = {
    night,
    server,
    run: (args, env) => rig.start(args, env).ended,
    start: (args = ['--config', configurationOf(night)], env = {}) => startCli(night, args, batchOptions(server, env)),
    here: (args, env = {}) =>
      runCli(night.directory, args, {
        env: {
          PATH: process.env['PATH'],
          ANTHROPIC_BASE_URL: server.url,
          ANTHROPIC_API_KEY: 'test',
          ...batchOptions(server, env).env,
        },
        ...('ORCHESTRATOR_QUEUE' in env ? {queue: env['ORCHESTRATOR_QUEUE']!} : {}),
      }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
  return rig;
}

/** Resolves when the output holds the text, and rejects when the process has ended without it. */
async function seen({output, ended, child}: Started, text: string): Promise<void> {
  const failed = ended.then(end => {
    if (!end.stdout.includes(text)) throw new Error(`ended without "${text}": ${end.stdout} ${end.stderr}`);
  });
  const found = new Promise<void>(resolve => {
    const look = (): void => {
      if (output().includes(text)) resolve();
    };
    child.stdout?.on('data', look);
    look();
  });
  await Promise.race([found, failed]);
}

async function rows(night: Night): Promise<BatchRow[]> {
  return (await readResults(night)) as BatchRow[];
}

const models = ['anthropic/claude-sonnet-4-5', 'openai/gpt-4.1'];

describe.each(models)('a run in batches of %s', model => {
  it('sends all requests in one batch at half price, and pays nothing the next night', async () => {
    await using rig = await openRig(4, {model, budget_usd: 1});
    const ended = await rig.run();
    expect(ended).toMatchObject({code: 0, stderr: ''});
    expect(ended.stdout).toContain(`4 requests of ${model} wait as`);
    expect(rig.server.batches.taken.map(({items}) => items.length)).toEqual([4]);
    expect(rig.server.requests.every(({headers}) => headers['x-in-batch'] === 'yes')).toBe(true);
    const done = await rows(rig.night);
    expect(done.map(({outcome, batch}) => `${outcome} ${batch}`)).toEqual(Array(4).fill('changed true'));
    expect(await readFile(path.join(rig.night.directory, 'fleet/repo-01/README.md'), 'utf8')).toContain('repo-01');

    const money = readMoney(rig.night);
    expect(money).toMatchObject({calls: {settled: 4}, openBatches: 0});
    const billed = done.reduce((sum, row) => sum + (row.cost_usd ?? 0), 0);
    expect(money.spentUsd).toBeCloseTo(billed, 8);
    expect(money.countedUsd).toBeCloseTo(billed, 8);

    // The same night with single calls costs twice as much.
    await using single = await openRig(4, {model, batch: false});
    expect((await single.run()).code).toBe(0);
    expect(single.server.batches.taken).toEqual([]);
    expect(readMoney(single.night).spentUsd / money.spentUsd).toBeCloseTo(2, 1);

    expect((await rig.run()).code).toBe(0);
    expect((await rows(rig.night)).map(({outcome}) => outcome)).toEqual(Array(4).fill('up-to-date'));
    expect(rig.server.batches.taken).toHaveLength(1);
  });

  it('tells what became of each request, bills what was answered, and asks the others again on retry', async () => {
    await using rig = await openRig(6, {model});
    const fates: Record<string, BatchFate> = {
      'repo-02': 'expire',
      'repo-03': 'lose',
      'repo-04': {status: 400, type: 'invalid_request_error'},
      'repo-05': {status: 500, type: 'api_error'},
    };
    const fateOf = (body: string): BatchFate =>
      fates[/repo-\d\d/.exec(body.slice(body.indexOf('package.json')))?.[0] ?? ''] ?? 'answer';
    rig.server.batches.fate = ({body}) => fateOf(body);
    expect((await rig.run()).code).toBe(1);
    const lost = model.startsWith('openai') ? 'batch-expired' : 'batch-reply-missing';
    expect((await rows(rig.night)).map(({outcome}) => outcome)).toEqual([
      'changed',
      'batch-expired',
      lost,
      'provider-bad-request',
      'provider-error',
      'changed',
    ]);
    const {calls, spentUsd, countedUsd} = readMoney(rig.night);
    expect(calls).toEqual({settled: 2, ...(lost === 'batch-expired' ? {released: 4} : {released: 3, lost: 1})});
    expect(countedUsd).toBeCloseTo(spentUsd, 8);

    rig.server.batches.fate = () => 'answer';
    expect((await rig.run(['retry', '--all'])).code).toBe(0);
    expect(rig.server.batches.taken.map(({items}) => items.length)).toEqual([6, 4]);
    expect((await rows(rig.night)).every(({outcome}) => outcome === 'changed')).toBe(true);
  });

  it('finds a batch again whose sending nobody saw the end of', async () => {
    await using rig = await openRig(2, {model});
    rig.server.batches.sending = count => (count === 1 ? 'take-and-reset' : 'take');
    const ended = await rig.run();
    expect(ended).toMatchObject({code: 0, stderr: ''});
    expect(rig.server.batches.taken).toHaveLength(1);
    expect(paidTwice(rig.server)).toEqual([]);
  });

  it('sends a batch again that never arrived, or for which the provider had no time', async () => {
    await using rig = await openRig(2, {model});
    rig.server.batches.sending = count =>
      count === 1 ? 'reset' : count === 2 ? {status: 429, type: 'rate_limit_error'} : 'take';
    expect(await rig.run()).toMatchObject({code: 0, stderr: ''});
    expect(rig.server.batches.taken).toHaveLength(1);
    expect(readMoney(rig.night).calls).toEqual({settled: 2});
  });

  it('leaves a batch at the provider when it is stopped, and collects it on resume though the repo went on', async () => {
    await using rig = await openRig(3, {model});
    rig.server.batches.hold = true;
    const first = rig.start();
    await seen(first, 'requests of');
    first.child.kill('SIGTERM');
    const stopped = await first.ended;
    expect(stopped.code).toBe(143);
    expect(stopped.ms).toBeLessThan(20_000);
    expect(stopped.stdout).toMatch(/3 requests of \S+ stays at its provider; collect it with: orchestrator resume r-/);
    expect((await rows(rig.night)).map(({outcome}) => outcome)).toEqual(Array(3).fill('not-started'));
    expect(readMoney(rig.night)).toMatchObject({calls: {batched: 3}, openBatches: 1});

    const status = await rig.run(['status']);
    expect(status.stdout).toMatch(/batch\s+\S+, 3 requests, waits as \S+ since .*; orchestrator resume collects it/);

    const repo = path.join(rig.night.directory, 'fleet/repo-02');
    writeFileSync(path.join(repo, 'index.js'), 'console.log("something else");\n');
    const git = ['-C', repo, '-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-qam', 'more'];
    expect((await runCommand('git', git, {env: process.env})).exitCode).toBe(0);

    rig.server.batches.hold = false;
    expect(await rig.run(['resume'])).toMatchObject({code: 0, stderr: ''});
    expect((await rows(rig.night)).map(({outcome}) => outcome)).toEqual(Array(3).fill('changed'));
    expect(rig.server.batches.taken).toHaveLength(1);
    expect(readMoney(rig.night)).toMatchObject({calls: {settled: 3}, openBatches: 0});

    // What was answered knew nothing of the newer commit.
    expect((await rig.run()).code).toBe(0);
    expect(rig.server.batches.taken.map(({items}) => items.length)).toEqual([3, 1]);
  });
});

it('a run that is killed at a durable operation pays nothing twice and ends as an undisturbed one', async () => {
  await using temporary = await makeTemporaryDirectory();
  const rig = await makeBatchTrialRig(temporary.path, 4, 'anthropic/claude-sonnet-4-5');
  const sampled = 4;
  // From when its first request is recorded until its last result is.
  const points = Array.from({length: sampled}, (_, index) => Math.floor(rig.operations * (0.3 + 0.1 * index)));
  expect(await tryBatchPoints(rig, points, temporary.path)).toEqual([]);
});

it('collects on the next night what another night left at the provider', async () => {
  await using rig = await openRig(3);
  rig.server.batches.hold = true;
  const first = rig.start(undefined, {TZ: 'Etc/GMT+12'});
  await seen(first, 'requests of');
  first.child.kill('SIGKILL');
  await first.ended;
  rig.server.batches.hold = false;
  // Another local date, so that the requests would not be the same.
  const second = await rig.run(undefined, {TZ: 'Etc/GMT-14'});
  expect(second).toMatchObject({code: 0, stderr: ''});
  expect((await rows(rig.night)).map(({outcome, replayed}) => `${outcome} ${replayed}`)).toEqual(
    Array(3).fill('changed true'),
  );
  expect(rig.server.batches.taken).toHaveLength(1);
  expect(readMoney(rig.night)).toMatchObject({calls: {settled: 3}, openBatches: 0});
});

it.each([false, true])(
  'does not take the batch of somebody else for its own, whether that goes on or not: %s',
  async hold => {
    await using rig = await openRig(2);
    const params = {model: 'm', max_tokens: 1, messages: [{role: 'user', content: 'not ours'}]};
    const requests = ['x1', 'x2'].map(id => ({custom_id: id, params}));
    const headers = {'anthropic-version': '2023-06-01'};
    await fetch(`${rig.server.url}/v1/messages/batches`, {method: 'POST', headers, body: JSON.stringify({requests})});
    // As many requests at the same time, and ours was not taken.
    rig.server.batches.sending = count => (count === 2 ? 'reset' : 'take');
    rig.server.batches.hold = hold;
    const run = rig.start();
    if (hold) {
      await seen(run, 'wait as msgbatch_1');
      rig.server.batches.hold = false;
    }
    expect(await run.ended).toMatchObject({code: 0, stderr: ''});
    expect(rig.server.batches.taken).toHaveLength(2);
    expect(readMoney(rig.night)).toMatchObject({calls: {settled: 2}, openBatches: 0});
  },
);

it('cancels what waits on stop --now, and asks again on resume what was not answered', async () => {
  await using rig = await openRig(2);
  rig.server.batches.hold = true;
  const first = rig.start();
  await seen(first, 'requests of');
  expect((await rig.run(['stop', '--now'])).code).toBe(0);
  expect((await first.ended).code).toBe(1);
  expect(rig.server.batches.taken.map(({isCanceled}) => isCanceled)).toEqual([true]);
  rig.server.batches.hold = false;
  expect(await rig.run(['resume'])).toMatchObject({code: 0, stderr: ''});
  expect(rig.server.batches.taken).toHaveLength(2);
  expect(rig.server.batches.billed).toHaveLength(2);
  expect(readMoney(rig.night)).toMatchObject({calls: {released: 2, settled: 2}, openBatches: 0});
});

it('cuts batches to what fits, and goes on with what the budget allows when others are settled', async () => {
  await using rig = await openRig(5, {budget_usd: 0.27});
  // The worst case of a call is 0.12 USD and more, so that two fit at a time; what they cost is far less.
  const ended = await rig.run(undefined, {ORCHESTRATOR_BATCH_REQUESTS: '1'});
  expect(ended).toMatchObject({code: 0, stderr: ''});
  expect(rig.server.batches.taken.map(({items}) => items.length)).toEqual([1, 1, 1, 1, 1]);
  expect(readMoney(rig.night).calls).toEqual({settled: 5});
});

it('does not start what half of its worst case does not fit the budget', async () => {
  await using rig = await openRig(2, {budget_usd: 0.05});
  expect((await rig.run()).code).toBe(1);
  const messages = (await rows(rig.night)).map(({message}) => message);
  expect(messages).toEqual(['not-started: budget', 'not-started: budget']);
  expect(rig.server.batches.taken).toEqual([]);
});

it('says at once that a key is refused, and leaves the rest for resume', async () => {
  await using rig = await openRig(2);
  rig.server.batches.sending = count => (count === 1 ? {status: 401, type: 'authentication_error'} : 'take');
  expect((await rig.run()).code).toBe(1);
  expect((await rows(rig.night)).map(({outcome}) => outcome)).toEqual(['provider-auth', 'provider-auth']);
  expect(await rig.run(['retry'])).toMatchObject({code: 0, stderr: ''});
  expect(readMoney(rig.night)).toMatchObject({calls: {released: 2, settled: 2}});
});

it('waits for a provider that cannot be asked about its batches for a while', async () => {
  await using rig = await openRig(2);
  let looks = 0;
  rig.server.batches.looking = () => (++looks < 6 ? 503 : 200);
  const ended = await rig.run();
  expect(ended).toMatchObject({code: 0, stderr: ''});
  expect(ended.stdout).toContain('cannot be looked at');
  expect(rig.server.batches.taken).toHaveLength(1);
});

it('does not wait for ever for a batch that its provider has forgotten', async () => {
  await using rig = await openRig(2);
  rig.server.batches.hold = true;
  const run = rig.start();
  await seen(run, 'wait as msgbatch_1');
  rig.server.batches.forget('msgbatch_1');
  expect((await run.ended).code).toBe(1);
  expect((await rows(rig.night)).map(({outcome}) => outcome)).toEqual(Array(2).fill('batch-reply-missing'));
  expect(readMoney(rig.night)).toMatchObject({calls: {lost: 2}, openBatches: 0});
});

it('shows half the price before anything runs', async () => {
  await using rig = await openRig(2);
  const cost = async (settings: Readonly<Record<string, unknown>>): Promise<{low: number; basis: string}> => {
    writeConfiguration(rig.night, {settings});
    const plan = await rig.here(['plan', '--config', configurationOf(rig.night), '--json']);
    return (JSON.parse(plan.out) as {jobs: [{cost_usd: {low: number; basis: string}}]}).jobs[0].cost_usd;
  };
  const batched = await cost({batch: true});
  const single = await cost({batch: false});
  expect(single.low / batched.low).toBeCloseTo(2, 6);
  expect(batched.basis).toContain('half price');
  expect(rig.server.batches.taken).toEqual([]);
});

it.each([
  [{model: 'google/gemini-2.5-pro'}, {GOOGLE_GENERATIVE_AI_API_KEY: 'test'}, /google.*cannot be asked in batches/],
  [{simple_mode: false}, {}, /mode "agent" cannot use batch prices/],
  [{}, {ORCHESTRATOR_QUEUE: 'postgres://nobody@127.0.0.1:1/none'}, /batch prices and a queue do not go together/],
  [{}, {ORCHESTRATOR_BATCH_POLL_MS: 'soon'}, /ORCHESTRATOR_BATCH_POLL_MS/],
])('refuses %j before anything runs, and says what to do', async (settings, env, words) => {
  await using rig = await openRig(1, settings);
  const ended = await rig.here(['--config', configurationOf(rig.night)], env);
  expect(ended.exitCode).toBe(2);
  expect(ended.err).toMatch(words);
  expect(ended.err.trim().split('\n')).toHaveLength(1);
  expect(rig.server.batches.taken).toEqual([]);
});

it('has nothing to send for a model that costs nothing anyway', async () => {
  await using rig = await openRig(1, {model: 'offline'});
  expect(await rig.run()).toMatchObject({code: 0, stderr: ''});
  expect(rig.server.batches.taken).toEqual([]);
});
