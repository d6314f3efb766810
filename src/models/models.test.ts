import {describe, expect, it} from 'vitest';
import {OrchestratorError} from '../domain/errors.ts';
import {type ModelsConfiguration, noModelsConfiguration} from '../domain/models-configuration.ts';
import {startScriptedModelServer} from '../testing/scripted-model-server.ts';
import {systemClock} from '../util/clock.ts';
import {createModels, type ModelProblem, type Models} from './models.ts';

type Env = Record<string, string>;

const open = (env: Env = {}, configuration: ModelsConfiguration = noModelsConfiguration): Models =>
  createModels({env, configuration, clock: systemClock});

const textOf = (problem: ModelProblem | undefined): string | undefined =>
  problem === undefined || problem.hint === undefined ? problem?.message : `${problem.message}; ${problem.hint}`;

describe('check', () => {
  const cases: [string, Env, string | undefined][] = [
    ['anthropic/claude-sonnet-5-5', {}, 'ANTHROPIC_API_KEY is not set; set it, or try without a key: --model offline'],
    [
      'google/gemini-3.8-flash',
      {},
      'GOOGLE_GENERATIVE_AI_API_KEY is not set; set it, or try without a key: --model offline',
    ],
    ['anthropic/claude-sonnet-5-5', {ANTHROPIC_API_KEY: 'k\n'}, undefined],
    [
      'anthropic/claude-sonnet-5-5',
      {ANTHROPIC_API_KEY: 'a\nb'},
      'ANTHROPIC_API_KEY holds a space, a line break or another character no key has',
    ],
    [
      'openai/x',
      {OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'localhost:1'},
      'OPENAI_BASE_URL is not an http or https URL: "localhost:1/v1"',
    ],
    ['antropic/x', {}, 'no provider "antropic"; did you mean "anthropic"?'],
    [
      'zzz/x',
      {},
      'no provider "zzz"; there are anthropic, openai, google; others go into "providers" of config/models.json',
    ],
    ['gpt', {}, '"gpt" is not a model; write provider/model, for example anthropic/claude-sonnet-5-5, or offline'],
    [
      'openai/',
      {},
      '"openai/" is not a model; write provider/model, for example anthropic/claude-sonnet-5-5, or offline',
    ],
    ['offline', {}, undefined],
  ];
  it.each(cases)('%s with %j: %s', async (id, env, problem) => {
    expect(textOf(open(env).check(id))).toBe(problem);
    if (problem !== undefined) await expect(open(env).open(id)).rejects.toThrow(OrchestratorError);
  });

  it('wants an address for a provider of the operator, and no key unless one is named', () => {
    const models = open(
      {},
      {
        providers: {
          local: {baseUrl: 'http://127.0.0.1:1'},
          far: {baseUrl: 'https://x.example', apiKeyEnv: 'FAR_KEY'},
          bare: {},
          headed: {baseUrl: 'http://127.0.0.1:1', headers: {'x-team': 'team $TEAM'}},
          placed: {baseUrl: 'http://$HOST/v1'},
        },
        prices: {},
      },
    );
    expect(models.check('local/llama')).toBeUndefined();
    expect(models.check('far/llama')).toMatchObject({message: 'FAR_KEY is not set', missing: 'FAR_KEY'});
    expect(models.check('headed/m')).toMatchObject({missing: 'TEAM'});
    expect(models.check('placed/m')).toMatchObject({missing: 'HOST'});
    expect(textOf(models.check('bare/llama'))).toBe(
      'provider "bare" has no address; give its "base_url" in config/models.json',
    );
  });
});

describe('defaultModel', () => {
  it('is that of the configuration, else of the first provider with a key, else none', () => {
    expect(open().defaultModel).toBeUndefined();
    expect(open({OPENAI_API_KEY: 'k', GOOGLE_GENERATIVE_AI_API_KEY: 'k'}).defaultModel).toBe('openai/gpt-6-sol');
    expect(open({OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k'}).defaultModel).toBe('anthropic/claude-sonnet-5-5');
    expect(open({OPENAI_API_KEY: 'k'}, {providers: {}, prices: {}, default: 'local/x'}).defaultModel).toBe('local/x');
  });
});

describe('list', () => {
  it('offers offline, the defaults and what the operator named, with keys and prices', async () => {
    const list = await open(
      {OPENAI_API_KEY: 'k'},
      {providers: {local: {baseUrl: 'http://x'}}, prices: {'local/llama': {input: 1, output: 2}}},
    ).list();
    expect(list[0]).toMatchObject({id: 'offline', keyPresent: true});
    const byId = new Map(list.map(model => [model.id, model]));
    expect(byId.size).toBe(list.length);
    expect(byId.get('anthropic/claude-sonnet-5-5')).toMatchObject({keyPresent: false, price: {outputPerMillion: 10}});
    expect(byId.get('openai/gpt-6-sol')).toMatchObject({keyPresent: true});
    expect(byId.get('local/llama')).toMatchObject({provider: 'local', keyPresent: true, price: {inputPerMillion: 1}});
    expect(list.some(model => /claude-2|davinci|gemini-1|google\/claude/.test(model.id))).toBe(false);
  });
});

describe('addresses and headers', () => {
  it.each([
    ['anthropic/m', {ANTHROPIC_API_KEY: 'k'}, 'ANTHROPIC_BASE_URL', ['', '/', '/v1', '/v1/'], '/v1/messages'],
    ['anthropic/m', {ANTHROPIC_API_KEY: 'k'}, 'ANTHROPIC_BASE_URL', ['/proxy'], '/proxy/v1/messages'],
    ['openai/m', {OPENAI_API_KEY: 'k'}, 'OPENAI_BASE_URL', ['', '/v1'], '/v1/chat/completions'],
    ['openai/m', {OPENAI_API_KEY: 'k'}, 'OPENAI_BASE_URL', ['/api/v2'], '/api/v2/chat/completions'],
    [
      'google/m',
      {GOOGLE_GENERATIVE_AI_API_KEY: 'k'},
      'GOOGLE_GEMINI_BASE_URL',
      ['', '/v1beta'],
      '/v1beta/models/m:generateContent',
    ],
  ])('%s %j %s %j leads to %s', async (id, env, variable, endings, path) => {
    await using server = await startScriptedModelServer();
    server.reply('# ok');
    for (const ending of endings) {
      const model = await open({...(env as Env), [variable]: `${server.url}${ending}`}).open(id);
      await model.call(request, new AbortController().signal);
      expect(server.requests.at(-1)?.path).toBe(path);
    }
  });

  it('sends the key the way the configuration says, and the headers it gives', async () => {
    await using server = await startScriptedModelServer();
    server.reply('# ok');
    const models = open(
      {A: 'key-a', B: 'key-b'},
      {
        providers: {
          gate: {
            kind: 'anthropic',
            baseUrl: server.url,
            apiKeyEnv: 'A',
            auth: 'bearer',
            versionHeader: '2099-01-01',
            headers: {'X-Team': 'fleet'},
          },
          other: {baseUrl: server.url, apiKeyEnv: 'B', auth: 'x-api-key'},
        },
        prices: {},
      },
    );
    await (await models.open('gate/m')).call(request, new AbortController().signal);
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer key-a',
      'anthropic-version': '2099-01-01',
      'x-team': 'fleet',
    });
    expect(server.requests[0]?.headers).not.toHaveProperty('x-api-key');
    await (await models.open('other/m')).call(request, new AbortController().signal);
    expect(server.requests[1]?.headers).toMatchObject({'x-api-key': 'key-b'});
    expect(server.requests[1]?.headers).not.toHaveProperty('authorization');
  });
});

const request = {model: 'x/y', system: 's', prompt: 'p', maxOutputTokens: 9, timeoutMs: 5000};
