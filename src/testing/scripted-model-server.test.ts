import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {describe, expect, it} from 'vitest';
import {type ScriptedModelServer, startScriptedModelServer} from './scripted-model-server.ts';

interface Answer {
  readonly content: readonly [{readonly text: string}];
  readonly usage: unknown;
  readonly error: {readonly message: string};
}

const post = (server: {url: string}, prompt: string, system = 'S'.repeat(400)): Promise<Answer> =>
  fetch(`${server.url}/v1/messages`, {
    method: 'POST',
    body: JSON.stringify({
      model: 'm',
      max_tokens: 5,
      system: [{type: 'text', text: system, cache_control: {type: 'ephemeral'}}],
      messages: [{role: 'user', content: prompt}],
    }),
  }).then(response => response.json() as Promise<Answer>);

describe('the scripted model server', () => {
  it('gives each line once, in order, to the calls it is for', async () => {
    await using server = await startScriptedModelServer();
    server.script('api', 'first', request => `second for ${request.prompt}`);
    server.reply('for everybody else');
    const texts = [];
    for (const prompt of ['web', 'api', 'api', 'api']) texts.push((await post(server, prompt)).content[0].text);
    expect(texts).toEqual(['for everybody else', 'first', 'second for api', 'for everybody else']);
    expect(server.requests.map(request => request.prompt)).toEqual(['web', 'api', 'api', 'api']);
  });

  it('fails loudly on a call nobody scripted and on a line nobody used', async () => {
    const server: ScriptedModelServer = await startScriptedModelServer();
    server.script('api', 'x', 'y');
    await post(server, 'api');
    expect(() => server.verify()).toThrow('script lines nobody used:\napi');
    expect((await post(server, 'web')).error.message).toBe('nobody scripted this call');
    await expect(server[Symbol.asyncDispose]()).rejects.toThrow('calls nobody scripted:\n/v1/messages web');
  });

  it('reads a system text from its cache from the second call on', async () => {
    await using server = await startScriptedModelServer();
    server.reply('four');
    const usages = [await post(server, 'a'.repeat(40)), await post(server, 'b'.repeat(40))].map(reply => reply.usage);
    expect(usages).toEqual([
      {input_tokens: 10, output_tokens: 1, cache_creation_input_tokens: 100, cache_read_input_tokens: 0},
      {input_tokens: 10, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 100},
    ]);
  });

  it('runs by itself and prints its address', async () => {
    const child = spawn(process.execPath, [
      `${import.meta.dirname}/scripted-model-server.ts`,
      '--port',
      '0',
      '--latency-ms',
      '5',
    ]);
    try {
      const [line] = await once(child.stdout, 'data');
      expect((await post({url: String(line).trim()}, 'x')).content[0].text).toMatch(/^# /);
    } finally {
      child.kill();
    }
  });
});
