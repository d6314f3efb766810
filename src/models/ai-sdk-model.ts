import type {LanguageModelV4, LanguageModelV4GenerateResult} from '@ai-sdk/provider';
import type {FinishReason, ModelReply, ModelRequest} from '../domain/model.ts';
import type {Clock} from '../util/clock.ts';
import {maskSecret} from '../util/mask-secret.ts';
import {type Post, PostError} from '../util/post-once.ts';
import {readContent, toPrompt, toTools} from './ai-sdk-messages.ts';
import type {Model} from './model.ts';
import {ModelCallError} from './model-call-error.ts';
import type {Provider} from './providers.ts';
import {readRateLimit} from './rate-limit-headers.ts';
import {errorOfSuccess, refusalError} from './refusal-error.ts';
import {readUsage, usageOfBody} from './reply-usage.ts';
import {toResponse} from './to-response.ts';

interface Effects {
  readonly post: Post;
  readonly clock: Clock;
}

/** Throws when the provider has no address. Loads only the code of the vendor that is used. */
export async function openAiSdkModel(provider: Provider, name: string, {post, clock}: Effects): Promise<Model> {
  const language = await openLanguageModel(provider, name, fetchOnce(provider, {post, clock}));
  return {call: (request, signal) => callLanguageModel(provider, language, request, signal, clock)};
}

async function callLanguageModel(
  provider: Provider,
  language: LanguageModelV4,
  request: ModelRequest,
  signal: AbortSignal,
  clock: Clock,
): Promise<ModelReply> {
  const call = new AbortController();
  const ended = new AbortController();
  const onAbort = (): void => call.abort(new ModelCallError('aborted', 'the call was stopped'));
  const onTimeout = (): void =>
    call.abort(new ModelCallError('timeout', `${provider.name} did not answer within ${request.timeoutMs / 1000} s`));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, {once: true});
  clock.sleep(request.timeoutMs, ended.signal).then(onTimeout, () => {});
  try {
    const result = await language.doGenerate({
      prompt: toPrompt(request),
      ...(request.tools === undefined ? {} : {tools: toTools(request.tools), toolChoice: {type: 'auto'}}),
      maxOutputTokens: request.maxOutputTokens,
      // Otherwise OpenAI keeps what it was shown. Chat Completions keep nothing, and servers that imitate them may not know the field.
      ...(language.provider === 'openai.responses' ? {providerOptions: {openai: {store: false}}} : {}),
      abortSignal: call.signal,
    });
    return readReply(provider, result, clock.now());
  } catch (error) {
    throw asModelCallError(provider, error);
  } finally {
    // With a reason, since without one an error with a stack is made for it.
    ended.abort('ended');
    signal.removeEventListener('abort', onAbort);
  }
}

function readReply(provider: Provider, result: LanguageModelV4GenerateResult, now: number): ModelReply {
  const body = result.response?.body as {candidates?: unknown; promptFeedback?: unknown; status?: unknown} | undefined;
  // The SDK takes a reply without candidates for an empty one.
  if (provider.kind === 'google' && result.finishReason.raw === undefined && !Array.isArray(body?.candidates)) {
    throw new ModelCallError('malformed', `the answer of ${provider.name} holds no candidates`);
  }
  const usage = readUsage(result.usage);
  const rateLimit = readRateLimit(result.response?.headers ?? {}, now);
  return {
    ...readContent(result.content),
    finishReason: finishReasonOf(result, body?.status),
    ...(result.finishReason.raw === undefined ? {} : {rawFinishReason: result.finishReason.raw}),
    usage: usage ?? {inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, requests: 1},
    ...(usage === undefined ? {usageUnknown: true} : {}),
    ...(result.usage.raw === undefined ? {} : {rawUsage: result.usage.raw}),
    ...(result.response?.id === undefined ? {} : {responseId: result.response.id}),
    ...(rateLimit === undefined ? {} : {rateLimit}),
  };
}

/** The SDK's own word, except where it calls an answer whole that is not. */
function finishReasonOf(result: LanguageModelV4GenerateResult, status: unknown): FinishReason {
  const {unified, raw} = result.finishReason;
  if (unified !== 'stop') return raw === 'error' ? 'error' : unified;
  if (result.content.some(part => part.type === 'tool-call')) return 'tool-calls';
  // Anthropic wants to be asked again to go on.
  if (raw === 'pause_turn') return 'other';
  // Responses of OpenAI have no reason when they are complete, and none when they failed or still run.
  if (raw === undefined && status !== 'completed') return 'other';
  return 'stop';
}

function asModelCallError(provider: Provider, error: unknown): ModelCallError {
  if (error instanceof ModelCallError) return error;
  if (error instanceof PostError) return new ModelCallError(error.kind, `${provider.name}: ${error.message}`);
  const {name, responseBody, data} = (error ?? {}) as {name?: unknown; responseBody?: unknown; data?: unknown};
  // Everything the SDK finds wrong with an answer of status 200. Errors of any other kind are ours.
  if (typeof name !== 'string' || !name.startsWith('AI_')) throw error;
  return new ModelCallError(
    'malformed',
    `the answer of ${provider.name} is not a valid reply: ${faultOf(responseBody)}`,
    {
      usage: usageOfBody(responseBody ?? data),
    },
  );
}

function faultOf(body: unknown): string {
  if (typeof body === 'string' && body.trim() === '') return 'it is empty';
  return typeof body === 'string' && !isJson(body) ? 'it is not JSON' : 'it lacks parts that every reply has';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

type Fetch = typeof globalThis.fetch;

/** What the SDK takes for `fetch`: one request per call, our own key headers, and our own errors for what is not an answer. */
function fetchOnce(provider: Provider, {post, clock}: Effects): Fetch {
  const used = new WeakSet<AbortSignal>();
  return async (url, init) => {
    const signal = init!.signal!;
    if (used.has(signal)) {
      // Google's reason CONTINUATION makes the SDK ask again by itself; that would be a call nobody admitted.
      throw new ModelCallError(
        'bad-request',
        `${provider.name} wants a second call to finish its answer; shorten what is asked for`,
      );
    }
    used.add(signal);
    const headers = {...(init!.headers as Record<string, string>)};
    for (const name of keyHeaders) delete headers[name];
    const answer = await post({
      url: String(url),
      headers: {...headers, ...provider.headers},
      body: init!.body as string,
      signal,
    });
    if (answer.status >= 200 && answer.status < 300) {
      if (holdsKey(answer.text, provider.key)) {
        throw new ModelCallError('malformed', `${provider.name} repeats the key in its answer`, {
          usage: usageOfBody(answer.text),
        });
      }
      const error = errorOfSuccess(provider.name, answer);
      if (error !== undefined) throw withoutKey(error, provider.key);
      return toResponse(answer);
    }
    throw withoutKey(refusalError(provider.name, answer, clock.now()), provider.key);
  };
}

const keyHeaders = ['authorization', 'x-api-key', 'x-goog-api-key'];

/** Servers of one's own often have a key that is a plain word. */
const shortestKey = 16;

/** Such an answer is neither recorded nor delivered. */
function holdsKey(text: string, key: string | undefined): boolean {
  return key !== undefined && key.length >= shortestKey && text.includes(key);
}

/** A server may answer with what it was sent. */
function withoutKey(error: ModelCallError, key: string | undefined): ModelCallError {
  error.message = maskSecret(error.message, key, '[key]');
  return error;
}

async function openLanguageModel(provider: Provider, name: string, fetch: Fetch): Promise<LanguageModelV4> {
  const {baseUrl: baseURL, kind} = provider;
  if (baseURL === undefined) throw new Error(`provider ${provider.name} has no base URL`);
  // The key is put in by `fetchOnce`; with none given the SDK would look into the environment by itself.
  const apiKey = 'unused';
  switch (kind) {
    case 'anthropic': {
      const {createAnthropic} = await import('@ai-sdk/anthropic');
      return createAnthropic({baseURL, apiKey, fetch})(name);
    }
    case 'google': {
      const {createGoogle} = await import('@ai-sdk/google');
      return createGoogle({baseURL, apiKey, fetch})(name);
    }
    case 'openai': {
      const {createOpenAI} = await import('@ai-sdk/openai');
      const openai = createOpenAI({baseURL, apiKey, fetch});
      // OpenAI itself offers its newest models only there; servers that imitate it mostly know only Chat Completions.
      return new URL(baseURL).host === 'api.openai.com' ? openai.responses(name) : openai.chat(name);
    }
    case 'openai-compatible': {
      const {createOpenAICompatible} = await import('@ai-sdk/openai-compatible');
      return createOpenAICompatible({baseURL, name: 'compatible', fetch})(name);
    }
    default:
      return kind satisfies never;
  }
}
