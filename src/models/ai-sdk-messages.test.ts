import {expect, it} from 'vitest';
import type {Message, ModelRequest} from '../domain/model.ts';
import {startScriptedModelServer} from '../testing/scripted-model-server.ts';
import {systemClock} from '../util/clock.ts';
import {createModels} from './models.ts';

const tools: ModelRequest['tools'] = [
  {
    name: 'read_file',
    description: 'Reads a file.',
    parameters: {type: 'object', properties: {path: {type: 'string'}}, required: ['path']},
  },
];

const models = {
  anthropic: 'anthropic/claude-sonnet-5-5',
  'openai-chat': 'openai/gpt-6-sol',
  google: 'google/gemini-3.8-flash',
  compatible: 'own/some-model',
} as const;

it.each(Object.entries(models))(
  '%s: tool calls come back as calls, and results go out under their ids',
  async (_, model) => {
    await using server = await startScriptedModelServer();
    const known = createModels({
      env: {
        ANTHROPIC_BASE_URL: server.url,
        OPENAI_BASE_URL: `${server.url}/v1`,
        GOOGLE_GEMINI_BASE_URL: server.url,
        ANTHROPIC_API_KEY: 'k',
        OPENAI_API_KEY: 'k',
        GOOGLE_GENERATIVE_AI_API_KEY: 'k',
      },
      configuration: {providers: {own: {baseUrl: server.url}}, prices: {}},
      clock: systemClock,
    });
    const open = await known.open(model);
    const request: ModelRequest = {model, system: 'S', prompt: 'P', tools, maxOutputTokens: 1000, timeoutMs: 5000};
    server.reply({
      text: 'I look.',
      toolCalls: [
        {name: 'read_file', input: {path: 'a'}},
        {name: 'read_file', input: {path: 'b'}},
      ],
    });
    const {signal} = new AbortController();
    const reply = await open.call(request, signal);
    expect(reply).toMatchObject({text: 'I look.', finishReason: 'tool-calls'});
    expect(reply.toolCalls?.map(({name, input}) => [name, input])).toEqual([
      ['read_file', {path: 'a'}],
      ['read_file', {path: 'b'}],
    ]);
    expect(server.requests[0]).toMatchObject({tools: ['read_file'], turns: 0, toolResults: []});

    server.reply('Done.');
    const messages: Message[] = [
      {role: 'assistant', reply},
      {
        role: 'tool',
        results: reply.toolCalls!.map(({id, name}, index) => ({
          callId: id,
          name,
          text: `content ${index}`,
          isError: index === 1,
        })),
      },
      {role: 'user', text: 'Go on.'},
    ];
    expect(await open.call({...request, messages}, signal)).toMatchObject({text: 'Done.', finishReason: 'stop'});
    expect(server.requests[1]).toMatchObject({
      turns: 1,
      toolResults: [{text: 'content 0'}, {text: expect.stringContaining('content 1')}],
    });
    expect(server.requests[1]?.prompt).toContain('Go on.');
  },
);

it('marks the growing prefix for the cache of Anthropic', async () => {
  await using server = await startScriptedModelServer();
  server.reply('Done.');
  const known = createModels({
    env: {ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: 'k'},
    configuration: {providers: {}, prices: {}},
    clock: systemClock,
  });
  const open = await known.open(models.anthropic);
  const turn = (id: string): Message[] => [
    {role: 'assistant', reply: {text: '', toolCalls: [{id, name: 'read_file', input: {path: id}}]}},
    {role: 'tool', results: [{callId: id, name: 'read_file', text: `text of ${id}`, isError: false}]},
  ];
  await open.call(
    {
      model: models.anthropic,
      system: 'S',
      prompt: 'P',
      tools,
      messages: ['a', 'b', 'c'].flatMap(turn),
      maxOutputTokens: 10,
      timeoutMs: 5000,
    },
    new AbortController().signal,
  );
  const {messages} = JSON.parse(server.requests[0]!.body) as {messages: {content: Record<string, unknown>[]}[]};
  const marked = messages.flatMap(({content}, index) => (content.some(part => 'cache_control' in part) ? [index] : []));
  expect(marked).toEqual([4, 6]);
});

it('marks the first request of a conversation too, so that it is not paid once in full and once to be cached', async () => {
  await using server = await startScriptedModelServer();
  const known = createModels({
    env: {ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: 'k'},
    configuration: {providers: {}, prices: {}},
    clock: systemClock,
  });
  const open = await known.open(models.anthropic);
  const request = {model: models.anthropic, system: 'S', prompt: 'P', maxOutputTokens: 10, timeoutMs: 5000};
  for (const messages of [[], undefined]) {
    server.reply('Done.');
    await open.call(messages === undefined ? request : {...request, messages}, new AbortController().signal);
  }
  const isMarked = server.requests.map(({body}) => JSON.stringify(JSON.parse(body).messages).includes('cache_control'));
  expect(isMarked).toEqual([true, false]);
});

it.each(Object.entries(models))('%s: a reply that was empty is not sent back', async (_, model) => {
  await using server = await startScriptedModelServer();
  const known = createModels({
    env: {
      ANTHROPIC_BASE_URL: server.url,
      OPENAI_BASE_URL: `${server.url}/v1`,
      GOOGLE_GEMINI_BASE_URL: server.url,
      ANTHROPIC_API_KEY: 'k',
      OPENAI_API_KEY: 'k',
      GOOGLE_GENERATIVE_AI_API_KEY: 'k',
    },
    configuration: {providers: {own: {baseUrl: server.url}}, prices: {}},
    clock: systemClock,
  });
  server.reply('Done.');
  const messages: Message[] = [
    {role: 'assistant', reply: {text: ' \n'}},
    {role: 'user', text: 'Go on.'},
  ];
  await (await known.open(model)).call(
    {model, system: 'S', prompt: 'P', tools, messages, maxOutputTokens: 10, timeoutMs: 5000},
    new AbortController().signal,
  );
  expect(server.requests[0]).toMatchObject({turns: 0, prompt: expect.stringContaining('Go on.')});
});

it.each([
  ['arguments that are no JSON', {name: 'read_file', input: '{"path": '}, /"\{\\"path/],
  ['arguments that are no object', {name: 'read_file', input: '[1]'}, /\[1\]/],
  ['a name that no vendor takes back', {name: 'read file; rm', input: '{}'}, /the tool "read file; rm"/],
])('a call with %s is kept as malformed, with an input that can go back', async (_, call, malformed) => {
  await using server = await startScriptedModelServer();
  server.reply({text: '', toolCalls: [call, {name: 'read_file', input: '{"path":"a"}', id: 'x y'}]});
  const known = createModels({
    env: {},
    configuration: {providers: {own: {baseUrl: server.url}}, prices: {}},
    clock: systemClock,
  });
  const reply = await (await known.open(models.compatible)).call(
    {model: models.compatible, system: 'S', prompt: 'P', tools, maxOutputTokens: 10, timeoutMs: 5000},
    new AbortController().signal,
  );
  expect(reply.toolCalls?.[0]).toMatchObject({input: {}, malformed: expect.stringMatching(malformed)});
  expect(reply.toolCalls?.[1]).toEqual({id: 'call_2', name: 'read_file', input: {path: 'a'}});
});
