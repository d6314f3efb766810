import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {
  type ScriptedAnswer,
  type ScriptedModelServer,
  startScriptedModelServer,
} from '../../src/testing/scripted-model-server.ts';
import {anthropicAt, invitePerson, type Person, repoOf, type Said, wholeFile} from '../support/person.ts';

let server: ScriptedModelServer;
let person: Person;
beforeEach(async () => {
  server = await startScriptedModelServer();
  person = await invitePerson(anthropicAt(server.url));
});
afterEach(async () => {
  await person[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describe('a night of bad weather', () => {
  it('of 30 % "too many requests": no job fails, none is asked again too early, nothing is asked twice beyond that', async () => {
    const waitMs = 30;
    const toldAt = new Map<string, number>();
    const early: string[] = [];
    let refused = 0;
    server.reply(request => {
      const repo = repoOf(request);
      // Timers of Node may fire a millisecond early.
      if (request.at < (toldAt.get(repo) ?? 0) + waitMs - 1) early.push(repo);
      if (random() >= 0.3) return wholeFile(repo);
      refused += 1;
      toldAt.set(repo, Date.now());
      return {fault: 'status', status: 429, headers: {'retry-after-ms': String(waitMs)}};
    });
    const {exitCode} = await spendNight(200, 20);
    expect(exitCode).toBe(0);
    expect(early).toEqual([]);
    expect(refused).toBeGreaterThan(40);
    expect(server.requestCount).toBe(200 + refused);
    await expectPaidOnce(200);
  });

  it.each([429, 529])(
    'of a provider that bears six calls at once and says %i: 20 workers find its measure',
    async status => {
      let refused = 0;
      server.reply(async request => {
        if (request.inFlight > 6) {
          refused += 1;
          return {fault: 'status', status, headers: {'retry-after-ms': '50'}};
        }
        return {text: wholeFile(repoOf(request)), delayMs: 25};
      });
      const {exitCode} = await spendNight(160, 20);
      expect(exitCode).toBe(0);
      expect(refused).toBeGreaterThan(0);
      expect(server.requestCount).toBeLessThanOrEqual(160 * 1.2);
      await expectPaidOnce(160);
    },
  );

  it('of a storm that passes: the calls in flight fall, and rise again', async () => {
    let answered = 0;
    const inFlight: number[] = [];
    server.reply(request => {
      inFlight.push(request.inFlight);
      const stormy = inFlight.length > 30 && inFlight.length <= 60;
      if (stormy) return {fault: 'status', status: 529, headers: {'retry-after-ms': '30'}};
      answered += 1;
      // Long enough for all places to be filled on a busy machine as well.
      return {text: wholeFile(repoOf(request)), delayMs: answered <= 30 ? 400 : 60};
    });
    const {exitCode} = await spendNight(250, 16);
    expect({exitCode, answered}).toEqual({exitCode: 0, answered: 250});
    expect(Math.max(...inFlight.slice(0, 30))).toBe(16);
    expect(Math.max(...inFlight.slice(52, 66))).toBeLessThanOrEqual(4);
    expect(Math.max(...inFlight.slice(-40))).toBeGreaterThanOrEqual(10);
  });

  it('of short faults of every kind: each job ends well in the end', async () => {
    const faults: ScriptedAnswer[] = [
      {fault: 'status', status: 500},
      {fault: 'reset'},
      {fault: 'cut', afterBytes: 80},
      {fault: 'raw', body: '{"half":'},
      {fault: 'stall'},
      {fault: 'stall', afterBytes: 40},
      {fault: 'raw', status: 502, body: '<html>'},
      {fault: 'status', status: 408},
    ];
    const met = new Set<string>();
    server.reply(request => {
      const repo = repoOf(request);
      const fault = met.has(repo) ? undefined : faults[Number(repo.slice(1))];
      met.add(repo);
      return fault ?? wholeFile(repo);
    });
    const {exitCode} = await spendNight(16, 16, {timeout_s: 0.5});
    expect(exitCode).toBe(0);
    const rows = await person.results();
    expect(rows.map(row => row.attempts)).toEqual(rows.map((_, index) => (index < faults.length ? 2 : 1)));
    // What was sent and not answered may have been billed; a row says so rather than less than the truth.
    for (const row of rows) expect(row.cost_usd).not.toBe(0);
  });

  it('of a model that is down: its fallback is asked, and nobody waits for the first', async () => {
    const closed = await startScriptedModelServer();
    await closed[Symbol.asyncDispose]();
    await person.write('config/models.json', {
      providers: {away: {kind: 'anthropic', base_url: closed.url, api_key_env: 'ANTHROPIC_API_KEY'}},
    });
    server.reply(request => wholeFile(repoOf(request)));
    const startedAt = performance.now();
    const {exitCode} = await spendNight(30, 8, {
      models: ['away/some-model', 'anthropic/claude-sonnet-5-5'],
      max_attempts: 2,
    });
    expect(exitCode).toBe(0);
    // The breaker of the provider that is down opens after five calls for ten seconds.
    expect(performance.now() - startedAt).toBeLessThan(8000);
    for (const row of await person.results())
      expect(row).toMatchObject({outcome: 'changed', model: 'anthropic/claude-sonnet-5-5'});
  });
});

async function spendNight(repos: number, workers: number, settings: object = {}): Promise<Said> {
  await person.own(Array.from({length: repos}, (_, index) => `r${index}`));
  await person.write('config/night.json', {
    tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all'}],
    settings: {max_workers: workers, ...settings},
  });
  return await person.call(['--config', 'config/night.json']);
}

/** Every reply that was given was used: none was thrown away and asked for again. */
async function expectPaidOnce(repos: number): Promise<void> {
  const rows = await person.results();
  expect(rows.map(row => row.outcome)).toEqual(Array.from({length: repos}, () => 'changed'));
  expect(rows.map(row => row.usage?.requests)).toEqual(Array.from({length: repos}, () => 1));
  expect(rows.reduce((sum, row) => sum + (row.attempts ?? 0), 0)).toBe(server.requestCount);
}

let seed = 7;
function random(): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}
