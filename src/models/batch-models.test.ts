import {afterEach, expect, it} from 'vitest';
import type {ModelRequest} from '../domain/model.ts';
import {type ScriptedModelServer, startScriptedModelServer} from '../testing/scripted-model-server.ts';
import {systemClock} from '../util/clock.ts';
import {type BatchModel, createBatchModels} from './batch-models.ts';
import {createModels} from './models.ts';

let server: ScriptedModelServer | undefined;
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
});

const never = new AbortController().signal;
const request = (model: string): ModelRequest => ({
  model,
  system: 'The same for all. '.repeat(400),
  prompt: 'What differs: "quotes", \\ and \u2028.',
  maxOutputTokens: 321,
  timeoutMs: 10_000,
});

async function open(model: string): Promise<{server: ScriptedModelServer; batches: BatchModel; options: Options}> {
  server = await startScriptedModelServer();
  server.reply('# An answer\n');
  const env = {
    ANTHROPIC_BASE_URL: server.url,
    ANTHROPIC_API_KEY: 'a-key-of-some-length',
    OPENAI_BASE_URL: `${server.url}/v1`,
    OPENAI_API_KEY: 'a-key-of-some-length',
  };
  const options = {env, configuration: {providers: {}, prices: {}}, clock: systemClock};
  return {server, batches: createBatchModels(options).open(model), options};
}

type Options = Parameters<typeof createModels>[0];

it.each(['anthropic/claude-sonnet-4-5', 'openai/gpt-4.1'])(
  'sends of %s in a batch what an ordinary call sends, and reads its answers as those of one',
  async model => {
    const {server, batches, options} = await open(model);
    const single = await (await createModels(options).open(model)).call(request(model), never);
    const [ordinary] = server.requests;
    const {endpoint, body} = await batches.toBody(request(model));
    expect(server.requests).toHaveLength(1);
    expect(JSON.parse(body)).toEqual(JSON.parse(ordinary?.body ?? ''));
    expect(endpoint).toBe(ordinary?.path);
    expect(body.includes('cache_control')).toBe(model.startsWith('anthropic'));

    const id = await batches.provider.submit('b-1', [{id: 'a'.repeat(64), endpoint, body}], never);
    expect(await batches.provider.status(id, never)).toMatchObject({ended: true, processed: 1});
    const results = [...(await batches.provider.results(id, never)).results];
    expect(results).toMatchObject([{id: 'a'.repeat(64), kind: 'answered', status: 200}]);
    const [result] = results;
    if (result?.kind !== 'answered') throw new Error('not answered');
    const reply = await batches.readReply(result.status, result.text);
    expect(reply.text).toBe(single.text);
    expect(reply.usage).toMatchObject({inputTokens: single.usage.inputTokens, outputTokens: single.usage.outputTokens});
    expect(reply.finishReason).toBe('stop');
  },
);

it('keeps what many calls at once would send apart', async () => {
  const {batches} = await open('anthropic/claude-sonnet-4-5');
  const prompts = Array.from({length: 20}, (_, index) => `prompt ${index}.`);
  const bodies = await Promise.all(
    prompts.map(async prompt => (await batches.toBody({...request('anthropic/x'), prompt})).body),
  );
  expect(bodies.map((body, index) => body.includes(prompts[index]!))).toEqual(prompts.map(() => true));
});

it.each(['anthropic/claude-sonnet-4-5', 'openai/gpt-4.1'])('lists the batches of %s since a moment', async model => {
  const {batches} = await open(model);
  const {endpoint, body} = await batches.toBody(request(model));
  const before = Date.now() - 5_000;
  const id = await batches.provider.submit('b-7', [{id: 'one', endpoint, body}], never);
  const listed = await batches.provider.list(before, never);
  expect(listed).toMatchObject([{id, requests: 1}]);
  expect(listed[0]?.name).toBe(batches.provider.keepsNames ? 'b-7' : undefined);
  expect(await batches.provider.list(Date.now() + 60_000, never)).toEqual([]);
});

it.each(['../../v1/models', 'a b', '', 'x'.repeat(200)])('makes no address of the id %j', async id => {
  const {server, batches} = await open('anthropic/claude-sonnet-4-5');
  await expect(batches.provider.status(id, never)).rejects.toThrow('no usable id');
  expect(server.unscriptedCalls).toEqual([]);
});
