import type {ModelReply} from '../../src/domain/model.ts';
import type {Model} from '../../src/models/model.ts';
import {ModelCallError} from '../../src/models/model-call-error.ts';
import {createModels} from '../../src/models/models.ts';
import {systemClock} from '../../src/util/clock.ts';
import {createPost, type Post} from '../../src/util/post-once.ts';

export const modelIds = {
  anthropic: 'anthropic/claude-sonnet-5-5',
  'openai-chat': 'openai/gpt-6-sol',
  'openai-responses': 'openai/gpt-6-sol',
  google: 'google/gemini-3.8-flash',
  compatible: 'local/meta/llama',
} as const;

export type Flavour = keyof typeof modelIds;
export const flavours = Object.keys(modelIds) as Flavour[];

interface RigOptions {
  readonly limits?: Parameters<typeof createPost>[1];
  readonly post?: Post;
}

/** The real adapter, pointed at a local server. Responses are only spoken with api.openai.com, so there the address is changed below the adapter. */
export function openModelOn(url: string, flavour: Flavour, options: RigOptions = {}): Promise<Model> {
  const post = options.post ?? createPost({}, options.limits);
  const env = {
    ANTHROPIC_API_KEY: 'sk-ant-secret-0000',
    OPENAI_API_KEY: 'sk-openai-secret',
    GOOGLE_GENERATIVE_AI_API_KEY: 'google-secret',
    ANTHROPIC_BASE_URL: url,
    GOOGLE_GEMINI_BASE_URL: `${url}/`,
    ...(flavour === 'openai-responses' ? {} : {OPENAI_BASE_URL: `${url}/v1`}),
  };
  const models = createModels({
    env,
    configuration: {providers: {local: {baseUrl: url}}, prices: {}},
    clock: systemClock,
    post: call => post({...call, url: call.url.replace('https://api.openai.com', url)}),
  });
  return models.open(modelIds[flavour]);
}

export function ask(
  model: Model,
  request: {prompt?: string; timeoutMs?: number; signal?: AbortSignal} = {},
): Promise<ModelReply> {
  const {prompt = 'about api', timeoutMs = 10_000, signal = new AbortController().signal} = request;
  return model.call({model: 'x/y', system: 'You write files.', prompt, maxOutputTokens: 500, timeoutMs}, signal);
}

/** The error of a call that must fail; a reply is thrown. */
export async function failureOfCall(call: Promise<ModelReply>): Promise<ModelCallError> {
  const result = await call.catch(error => error);
  if (result instanceof ModelCallError) return result;
  throw result instanceof Error ? result : new Error(`no error but a reply: ${JSON.stringify(result)}`);
}
