import {type ModelReply, type ModelRequest, providerOf} from '../domain/model.ts';
import type {ModelsConfiguration} from '../domain/models-configuration.ts';
import type {Clock} from '../util/clock.ts';
import {createPost, type HttpPost, type Post} from '../util/post-once.ts';
import {quoteText} from '../util/quote-text.ts';
import {openAiSdkModel} from './ai-sdk-model.ts';
import {openAnthropicBatches} from './batch-anthropic.ts';
import {openOpenAiBatches} from './batch-openai.ts';
import type {BatchProvider} from './batch-provider.ts';
import type {Model} from './model.ts';
import {type Provider, resolveProviders} from './providers.ts';
import {refusalError} from './refusal-error.ts';

/** One model, asked in batches. */
export interface BatchModel {
  readonly provider: BatchProvider;
  /** What an ordinary call would send, and where to. Sends nothing. */
  toBody(request: ModelRequest): Promise<{readonly endpoint: string; readonly body: string}>;
  /** What an ordinary call would have given for this answer. @throws ModelCallError */
  readReply(status: number, text: string): Promise<ModelReply>;
}

export interface BatchModels {
  /** Why the model cannot be asked in batches, in one line with what to do, or undefined. */
  check(modelId: string): string | undefined;
  open(modelId: string): BatchModel;
}

interface BatchModelsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly configuration: ModelsConfiguration;
  readonly clock: Clock;
}

/** Answers come as one text; a batch is cut so that they stay far below this. */
const maxResultBytes = 256 * 1024 * 1024;

export function createBatchModels({env, configuration, clock}: BatchModelsOptions): BatchModels {
  const providers = resolveProviders(env, configuration);
  const post = createPost(env, {maxBodyBytes: maxResultBytes});
  const opened = new Map<string, BatchModel>();
  return {
    check(modelId) {
      const provider = providers.get(providerOf(modelId));
      if (provider?.kind === 'anthropic' || provider?.kind === 'openai') return undefined;
      return `model ${quoteText(modelId)} cannot be asked in batches: only providers of the kinds anthropic and openai can`;
    },
    open(modelId) {
      const slash = modelId.indexOf('/');
      const provider = providers.get(modelId.slice(0, slash))!;
      const model = opened.get(modelId) ?? openBatchModel(provider, modelId.slice(slash + 1), {post, clock});
      opened.set(modelId, model);
      return model;
    },
  };
}

function openBatchModel(provider: Provider, name: string, effects: {post: Post; clock: Clock}): BatchModel {
  const {clock} = effects;
  const asking = {provider, ...effects};
  let capturing: Promise<Model> | undefined;
  return {
    provider: provider.kind === 'anthropic' ? openAnthropicBatches(asking) : openOpenAiBatches(asking),
    async toBody(request) {
      capturing ??= openAiSdkModel(provider, name, {post: capture, clock});
      try {
        await (await capturing).call(request, never);
      } catch (error) {
        if (!(error instanceof Captured)) throw error;
        const {url, body} = error.call;
        return {endpoint: `/v1${url.slice((provider.baseUrl ?? '').length)}`, body};
      }
      throw new Error(`the vendor's code of ${provider.name} sent no request`);
    },
    async readReply(status, text) {
      const answer = {status, headers: {}, text};
      if (status < 200 || status >= 300) throw refusalError(provider.name, answer, clock.now());
      const model = await openAiSdkModel(provider, name, {post: async () => answer, clock});
      const {rateLimit: _, ...reply} = await model.call(anyRequest, never);
      return reply;
    },
  };
}

/** Stands for the answer of a request that was made and not sent. */
class Captured extends Error {
  readonly call: HttpPost;

  constructor(call: HttpPost) {
    super('captured');
    this.call = call;
  }
}

const capture: Post = async call => {
  throw new Captured(call);
};

const never = new AbortController().signal;

/** How an answer is read does not depend on what was asked. */
const anyRequest: ModelRequest = {model: '', system: '', prompt: '-', maxOutputTokens: 1, timeoutMs: 600_000};
