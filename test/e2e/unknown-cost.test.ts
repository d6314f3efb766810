import {afterEach, beforeEach, expect, it} from 'vitest';
import {
  type ScriptedAnswer,
  type ScriptedModelServer,
  startScriptedModelServer,
} from '../../src/testing/scripted-model-server.ts';
import {anthropicAt, invitePerson, type Person, wholeFile} from '../support/person.ts';

let server: ScriptedModelServer;
let person: Person;

beforeEach(async () => {
  server = await startScriptedModelServer({strict: false});
  person = await invitePerson(anthropicAt(server.url));
  await person.own(['api']);
});
afterEach(async () => {
  await person[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Everything but the token counts. */
const withoutUsage = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{type: 'text', text: '# T\n\nText.\n'}],
  stop_reason: 'end_turn',
});

it.each<[string, ScriptedAnswer, Record<string, unknown>, number]>([
  ['is not answered in time', {fault: 'stall'}, {timeout_s: 0.3, max_attempts: 1}, 1],
  ['is cut', {fault: 'cut', afterBytes: 20, text: wholeFile('T')}, {max_attempts: 1}, 1],
  ['says no token counts, twice', {fault: 'raw', body: withoutUsage}, {max_attempts: 2}, 2],
])('the cost of a call that %s is not known, and not said to be nothing', async (_, answer, settings, requests) => {
  server.reply(answer);
  await person.write('config/night.json', {
    tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all'}],
    settings,
  });
  const {exitCode, stdout} = await person.call(['-c', 'config/night.json']);
  expect(exitCode).toBe(1);
  expect(await person.results()).toMatchObject([
    {
      status: 'error',
      attempts: requests,
      usage: {requests},
      cost_usd: null,
      cost_reason: 'a call that brought no reply may have been billed all the same',
    },
  ]);
  expect(stdout).toMatch(/job=readme-generator\/api \S+: .* cost unknown /);
  expect(stdout).toContain('0.0000 USD plus 1 job of unknown cost');
});

it('the known part of a cost stays known', async () => {
  let calls = 0;
  server.reply(() => (calls++ === 0 ? {fault: 'cut', afterBytes: 20, text: wholeFile('T')} : wholeFile('T')));
  const {exitCode, stdout} = await person.call(['-s', 'readme-generator']);
  expect(exitCode).toBe(0);
  const [row] = await person.results();
  expect(row).toMatchObject({status: 'success', attempts: 2, usage: {requests: 2}, cost_usd: null});
  expect(row?.cost_reason).toMatch(/may have been billed all the same; known are 0\.\d{4} USD$/);
  expect(stdout).toMatch(/cost unknown, at least 0\.0\d{3} USD/);
  expect(stdout).not.toContain('changed; 0.0000 USD');
});
