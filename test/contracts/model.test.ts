import {describe, expect, it} from 'vitest';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {ask, failureOfCall, flavours, openModelOn} from './model-rig.ts';

describe.each(flavours)('a model of %s', flavour => {
  it('gives the text, why it stopped and what it used', async () => {
    await using server = await startScriptedModelServer();
    server.script('about api', {
      text: '# API\n\nWell – done.\n',
      tokens: {input: 40, output: 7, cacheRead: 10, cacheWrite: 0},
    });
    const reply = await ask(await openModelOn(server.url, flavour));
    expect(reply).toMatchObject({
      text: '# API\n\nWell – done.\n',
      finishReason: 'stop',
      usage: {inputTokens: 40, outputTokens: 7, cacheReadTokens: 10, cacheWriteTokens: 0, requests: 1},
    });
    expect(reply.rawUsage).toBeTypeOf('object');
    expect(reply.responseId).toContain('1');
    expect(reply.usageUnknown).toBeUndefined();
  });

  it('sends the shared part first, the repo last, and always an output limit', async () => {
    await using server = await startScriptedModelServer();
    server.reply('# ok');
    await ask(await openModelOn(server.url, flavour), {prompt: 'about web'});
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({
      system: 'You write files.',
      prompt: 'about web',
      maxOutputTokens: 500,
      cached: true,
    });
    const {body} = server.requests[0]!;
    if (flavour === 'openai-responses') expect(JSON.parse(body).store).toBe(false);
    if (flavour !== 'google') expect(body.indexOf('You write files.')).toBeLessThan(body.indexOf('about web'));
  });

  it('shows the key to nobody but the provider, in its own header', async () => {
    await using server = await startScriptedModelServer();
    server.script('', {
      fault: 'status',
      status: 401,
      message: 'wrong key sk-ant-secret-0000 sk-openai-secret google-secret',
    });
    const error = await failureOfCall(ask(await openModelOn(server.url, flavour)));
    const {headers} = server.requests[0]!;
    const sent = [headers['x-api-key'], headers['authorization'], headers['x-goog-api-key']].filter(
      value => value !== undefined,
    );
    expect(sent).toEqual(
      {
        anthropic: ['sk-ant-secret-0000'],
        'openai-chat': ['Bearer sk-openai-secret'],
        'openai-responses': ['Bearer sk-openai-secret'],
        google: ['google-secret'],
        compatible: [],
      }[flavour],
    );
    expect(error.kind).toBe('auth');
    for (const key of sent) expect(error.message).not.toContain(String(key).replace('Bearer ', ''));
  });

  it('calls an answer whole only when the provider says that it is', async () => {
    await using server = await startScriptedModelServer();
    const model = await openModelOn(server.url, flavour);
    const finish = async (answer: Parameters<typeof server.reply>[0]): Promise<string> => {
      server.reply(answer);
      return (await ask(model)).finishReason;
    };
    expect(await finish({text: 'x', finish: 'length'})).toBe('length');
    expect(await finish({text: 'I will not', finish: 'refusal'})).toBe('content-filter');
    expect(await finish({text: 'x', finish: 'pause'})).toBe('other');
    expect(await finish({text: 'x', finish: 'none'})).toBe('other');
    expect(await finish({text: 'x', rawFinish: 'something_new'})).toBe('other');
    if (flavour !== 'openai-responses') expect(await finish({text: 'x', finish: 'tool-use'})).toBe('tool-calls');
  });

  it('says so when the provider tells no believable token counts', async () => {
    await using server = await startScriptedModelServer();
    server.script('', {text: '# ok', tokens: {input: 3, output: 1, cacheRead: 0, cacheWrite: 0}});
    server.reply({text: '# ok', tokens: {input: -3, output: 1.5, cacheRead: 0, cacheWrite: 0}});
    const model = await openModelOn(server.url, flavour);
    expect((await ask(model)).usageUnknown).toBeUndefined();
    expect(await ask(model)).toMatchObject({usageUnknown: true, usage: {inputTokens: 0, outputTokens: 0, requests: 1}});
  });

  it('makes one request for one call, whatever the answer asks for', async () => {
    await using server = await startScriptedModelServer();
    server.reply({fault: 'status', status: 500});
    const model = await openModelOn(server.url, flavour);
    await failureOfCall(ask(model));
    server.reply({
      fault: 'raw',
      body: JSON.stringify({
        candidates: [{content: {parts: [{text: 'a'}]}, finishReason: 'CONTINUATION', continuationToken: 't'}],
      }),
    });
    await failureOfCall(ask(model));
    expect(server.requestCount).toBe(2);
  });

  it('ends at once when it is stopped, before and during the call', async () => {
    await using server = await startScriptedModelServer({strict: false});
    server.reply({fault: 'stall'});
    const model = await openModelOn(server.url, flavour);
    expect((await failureOfCall(ask(model, {signal: AbortSignal.abort()}))).kind).toBe('aborted');
    const stop = new AbortController();
    const call = failureOfCall(ask(model, {signal: stop.signal}));
    while (server.inFlight === 0) await new Promise(resolve => setImmediate(resolve));
    stop.abort();
    expect((await call).kind).toBe('aborted');
  });
});

describe('calls', () => {
  it('run in any number at once', async () => {
    await using server = await startScriptedModelServer({latencyMs: 300});
    server.reply(request => `# ${request.prompt}`);
    const model = await openModelOn(server.url, 'anthropic');
    const replies = await Promise.all(Array.from({length: 200}, (_, index) => ask(model, {prompt: `n${index}`})));
    expect(replies.map(reply => reply.text)).toEqual(replies.map((_, index) => `# n${index}`));
    expect(server.maxInFlight).toBe(200);
  });

  it('tell what is left of the limits', async () => {
    await using server = await startScriptedModelServer();
    server.reply({
      text: '# ok',
      headers: {'anthropic-ratelimit-requests-remaining': '0', 'x-ratelimit-remaining-tokens': '5'},
    });
    const {rateLimit} = await ask(await openModelOn(server.url, 'anthropic'));
    expect(rateLimit).toEqual({requestsRemaining: 0});
  });

  it('keep nothing of what was sent and received', async () => {
    await using server = await startScriptedModelServer();
    server.reply('# ok');
    const reply = await ask(await openModelOn(server.url, 'anthropic'), {prompt: 'A-LONG-PROMPT'});
    expect(JSON.stringify(reply)).not.toContain('A-LONG-PROMPT');
    expect(Object.keys(reply).sort()).toEqual([
      'finishReason',
      'rawFinishReason',
      'rawUsage',
      'responseId',
      'text',
      'usage',
    ]);
  });
});
