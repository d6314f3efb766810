import {afterEach, beforeEach, expect, it} from 'vitest';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {anthropicAt, invitePerson, type Person, repoOf, wholeFile} from '../support/person.ts';

let server: ScriptedModelServer;
let person: Person;
beforeEach(async () => {
  server = await startScriptedModelServer();
  server.reply(request => ({text: wholeFile(repoOf(request)), tokens: {input: 2000, output: 5000}}));
  person = await invitePerson(anthropicAt(server.url));
  await person.own(Array.from({length: 6}, (_, index) => `r${index}`));
});
afterEach(async () => {
  await person[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const offered = (text: string): string => /--budget (\d+\.\d\d)/.exec(text)?.[1] ?? 'none';

it('a run that its budget has stopped says what is missing, and goes on with the budget that it names', async () => {
  const first = await person.call(['-s', 'journal', '--budget', '0.25', '--sequential']);
  expect(first.exitCode).toBe(1);
  const calls = server.requestCount;
  expect(calls).toBeGreaterThan(0);
  expect(calls).toBeLessThan(6);
  expect(first.stdout).toMatch(
    /WARN run=\S+ the budget of the run, 0\.25 USD, has no room for the next call, which can cost 0\.\d{4} USD: 0\.\d{4} USD spent by this run, 0\.\d{4} left; to go on: orchestrator resume r-\S+ --budget \d\.\d\d\n/,
  );
  const rows = await person.results();
  const left = rows.find(({status}) => status === 'cancelled')!;
  expect(left.message).toMatch(/^not-started: budget: the next call can cost 0\.\d{4} USD, and the budget of the run/);
  expect(left.next).toMatch(/^orchestrator resume r-\S+ --budget USD$/);

  const budget = offered(first.stdout);
  for (const args of [['status'], ['status', '--json'], ['failures'], ['failures', '--json']])
    expect(offered((await person.call(args)).stdout), args.join(' ')).toBe(budget);
  expect((await person.call(['report'])).stdout).toContain('--budget');

  const low = await person.call(['resume', '--budget', '0.01']);
  expect(low.exitCode).toBe(2);
  expect(low.stderr).toMatch(
    /^orchestrator: --budget — r-\S+ has spent 0\.\d{4} USD already, and 0\.01 is for all of it/,
  );
  expect((await person.call(['resume', '--budget', 'much'])).stderr).toContain('--budget — expected a number');

  // Without another budget it ends as it did.
  expect((await person.call(['resume'])).exitCode).toBe(1);
  expect(server.requestCount).toBe(calls);
  const second = await person.call(['resume', '--budget', budget]);
  expect(second.exitCode).toBe(0);
  expect(server.requestCount).toBe(6);
  expect(JSON.parse((await person.call(['status', '--json'])).stdout).last).toMatchObject({
    budget_usd: Number(budget),
    exit_code: 0,
  });
});

it('names a budget that would do also when not one call had room', async () => {
  const first = await person.call(['-s', 'journal', '--budget', '0.01']);
  expect(first.exitCode).toBe(1);
  expect(server.requestCount).toBe(0);
  expect((await person.call(['resume', '--budget', offered(first.stdout)])).exitCode).toBe(0);
});

it('every job that was not started says what to do', async () => {
  server.reply({fault: 'status', status: 401, type: 'authentication_error', message: 'no'});
  await person.call(['-s', 'journal', '--sequential']);
  const rows = await person.results();
  expect(rows.filter(({status}) => status === 'cancelled').map(({next}) => next)).toEqual(
    Array(5).fill(expect.stringMatching(/^Set a valid key in the environment, then: orchestrator resume r-/)),
  );
});
