import type {Job} from '../domain/job.ts';
import {type ModelReply, type ModelRequest, providerOf} from '../domain/model.ts';
import type {ModelsConfiguration} from '../domain/models-configuration.ts';
import {JobFailure} from '../domain/outcome.ts';
import {callWithRetry, type RetryEvent} from '../models/call-with-retry.ts';
import type {Limiter} from '../models/limiter.ts';
import {ModelCallError} from '../models/model-call-error.ts';
import type {Models} from '../models/models.ts';
import {costOf, type Price, priceOf, worstCaseUsd} from '../models/prices.ts';
import type {Clock} from '../util/clock.ts';
import type {ReplySource} from './obtain-reply.ts';

export interface ReplySourceOptions {
  readonly models: Models;
  readonly configuration: ModelsConfiguration;
  readonly limiterOf: (provider: string) => Limiter;
  readonly clock: Clock;
  readonly random: () => number;
  readonly estimateTokens: (text: string) => number;
  /** Most calls for one reply. */
  readonly maxCalls?: number;
  readonly onRetry: (job: Job, event: RetryEvent) => void;
}

/** Calls models through their provider's limiter, and knows what calls cost. */
export function createReplySource(options: ReplySourceOptions): ReplySource {
  const prices = new Map<string, Promise<Price | undefined>>();
  const price = (model: string): Promise<Price | undefined> => {
    const known = prices.get(model) ?? priceOf(model, options.configuration);
    prices.set(model, known);
    return known;
  };
  const worstCases = new Map<string, number>();
  const systemTokens = new Map<string, number>();
  // A conversation grows by a message or two a turn, and is counted with every turn.
  const counted = new WeakMap<object, number>();
  const tokensOf = (value: object): number => {
    const tokens = counted.get(value) ?? options.estimateTokens(JSON.stringify(value));
    counted.set(value, tokens);
    return tokens;
  };
  const conversationTokens = ({messages = [], tools}: ModelRequest): number =>
    messages.reduce((sum, message) => sum + tokensOf(message), tools === undefined ? 0 : tokensOf(tools) + 400);
  return {
    prepare(model) {
      const none = (): void => {};
      price(model).catch(none);
      options.models.open(model).catch(none);
    },
    async call(job, request, attempt, signal) {
      const model = await options.models.open(request.model);
      return await callWithRetry({
        model: {call: attempt((attempted, attemptSignal) => model.call(attempted, attemptSignal))},
        request,
        limiter: options.limiterOf(providerOf(request.model)),
        clock: options.clock,
        random: options.random,
        signal,
        hasFallback: request.model !== job.models.at(-1),
        ...(options.maxCalls === undefined ? {} : {maxCalls: options.maxCalls}),
        onRetry: event => options.onRetry(job, event),
      });
    },
    async worstCaseUsd(request) {
      const listed = await price(request.model);
      if (listed === undefined) return 0;
      const {model, system, prompt, maxOutputTokens, source} = request;
      const known = systemTokens.get(system) ?? options.estimateTokens(system);
      systemTokens.set(system, known);
      const inputTokens = mostTokens(
        known + (source?.context.tokens ?? options.estimateTokens(prompt)) + conversationTokens(request),
      );
      // Price lists with tiers and hours are slow to ask, and most requests round to the same few sizes.
      const key = `${model} ${inputTokens} ${maxOutputTokens}`;
      const worst = worstCases.get(key) ?? worstCaseUsd({inputTokens, maxOutputTokens}, listed);
      worstCases.set(key, worst);
      return worst;
    },
    costOf: async (model, reply: ModelReply) => costOf(reply.usage, await price(model), model),
    // A call that was sent and not answered may have been billed all the same.
    billingOf: error =>
      error instanceof ModelCallError && !['timeout', 'cut', 'malformed', 'aborted'].includes(error.kind)
        ? 'not-billed'
        : 'unknown',
    dooms(error) {
      if (!(error instanceof ModelCallError)) return undefined;
      return error.kind === 'auth' ? 'auth' : error.kind === 'quota' ? 'quota' : undefined;
    },
    isOutage: error =>
      error instanceof JobFailure &&
      [
        'provider-unreachable',
        'provider-overloaded',
        'provider-error',
        'provider-timeout',
        'rate-limited',
        'reply-cut',
      ].includes(error.failure.reason),
  };
}

/** An estimate of tokens can be too low; this is above what any tokenizer was seen to make of real text. Rounded up to 500. */
export function mostTokens(estimated: number): number {
  return Math.ceil((estimated * 1.35 + 200) / 500) * 500;
}
