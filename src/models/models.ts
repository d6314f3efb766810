import {OrchestratorError} from '../domain/errors.ts';
import type {ModelsConfiguration} from '../domain/models-configuration.ts';
import type {Clock} from '../util/clock.ts';
import {didYouMean} from '../util/nearest-name.ts';
import type {Post} from '../util/post-once.ts';
import {quoteText} from '../util/quote-text.ts';
import type {Model} from './model.ts';
import type {Price} from './prices.ts';
import {type Provider, resolveProviders} from './providers.ts';

export interface ListedModel {
  readonly id: string;
  readonly provider: string;
  /** True also where no key is needed. */
  readonly keyPresent: boolean;
  readonly price?: Price;
}

export interface ModelProblem {
  readonly message: string;
  readonly hint?: string;
  /** The variable that the environment lacks: nothing is wrong with what was written. */
  readonly missing?: string;
}

/** Every model that can be asked for, by `provider/model`. */
export interface Models {
  /** What is wrong with asking for this model, or undefined. Makes no call. */
  check(modelId: string): ModelProblem | undefined;
  /** Throws an `OrchestratorError` with what `check` says. The same id gives the same model. */
  open(modelId: string): Promise<Model>;
  /** From the configuration, else of the first provider whose key is in the environment. */
  readonly defaultModel: string | undefined;
  /** The same when no key is set: what would be asked once there is one. */
  readonly usualModel: string;
  /** Names of all providers, those built in first. */
  readonly providers: readonly string[];
  /** Those worth offering: `offline`, then by provider its default, those of the configuration, and current ones of the price list. */
  list(): Promise<ListedModel[]>;
}

interface ModelsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly configuration: ModelsConfiguration;
  readonly clock: Clock;
  /** Default: real HTTP. */
  readonly post?: Post;
  /** What `offline` stands for. */
  readonly offline?: Model;
}

/** Loads nothing until a model is opened or listed. */
export function createModels({env, configuration, clock, post, offline}: ModelsOptions): Models {
  const providers = resolveProviders(env, configuration);
  const opened = new Map<string, Promise<Model>>();
  let shared = post;

  const check = (modelId: string): ModelProblem | undefined =>
    modelId === 'offline' ? undefined : problemOf(modelId, providers);

  const open = async (modelId: string): Promise<Model> => {
    const {openAiSdkModel} = await import('./ai-sdk-model.ts');
    shared ??= (await import('../util/post-once.ts')).createPost(env);
    const {provider, model} = splitModelId(modelId);
    return openAiSdkModel(providers.get(provider)!, model, {post: shared, clock});
  };

  return {
    check,
    open: async modelId => {
      if (modelId === 'offline' && offline !== undefined) return offline;
      const problem = modelId === 'offline' ? {message: 'offline is not available here'} : check(modelId);
      if (problem !== undefined) throw new OrchestratorError('model-not-available', problem.message, problem);
      const model = opened.get(modelId) ?? open(modelId);
      opened.set(modelId, model);
      return await model;
    },
    defaultModel: configuration.default ?? firstWithKey(providers),
    usualModel: configuration.default ?? firstWithKey(providers) ?? usualOf(providers),
    providers: [...providers.keys()],
    list: () => listModels(providers, configuration),
  };
}

function problemOf(modelId: string, providers: ReadonlyMap<string, Provider>): ModelProblem | undefined {
  const {provider: name, model} = splitModelId(modelId);
  if (name === '' || model === '') {
    return {
      message: `${quoteText(modelId)} is not a model`,
      hint: 'write provider/model, for example anthropic/claude-sonnet-5-5, or offline',
    };
  }
  const provider = providers.get(name);
  if (provider === undefined) {
    const hint =
      didYouMean(name, providers.keys()) ??
      `there are ${[...providers.keys()].join(', ')}; others go into "providers" of config/models.json`;
    return {message: `no provider ${quoteText(name)}`, hint};
  }
  const {unset, baseUrl, baseUrlFrom, keyEnv, key} = provider;
  if (unset !== undefined) {
    return {message: `${unset} is not set, and provider ${quoteText(name)} needs it`, hint: 'set it', missing: unset};
  }
  if (baseUrl === undefined) {
    return {
      message: `provider ${quoteText(name)} has no address`,
      hint: 'give its "base_url" in config/models.json',
    };
  }
  if (!/^https?:$/.test(protocolOf(baseUrl)))
    return {message: `${baseUrlFrom} is not an http or https URL: ${quoteText(baseUrl)}`};
  if (keyEnv === undefined) return undefined;
  if (key === undefined)
    return {message: `${keyEnv} is not set`, hint: 'set it, or try without a key: --model offline', missing: keyEnv};
  // Anything else cannot stand in an HTTP header.
  if (!/^[\x21-\x7e]+$/.test(key))
    return {message: `${keyEnv} holds a space, a line break or another character no key has`};
  return undefined;
}

function splitModelId(modelId: string): {provider: string; model: string} {
  const slash = modelId.indexOf('/');
  return slash < 0 ? {provider: '', model: ''} : {provider: modelId.slice(0, slash), model: modelId.slice(slash + 1)};
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}

function firstWithKey(providers: ReadonlyMap<string, Provider>): string | undefined {
  for (const {name, key, defaultModel} of providers.values()) {
    if (key !== undefined && defaultModel !== undefined) return `${name}/${defaultModel}`;
  }
  return undefined;
}

function usualOf(providers: ReadonlyMap<string, Provider>): string {
  const [first] = [...providers.values()].filter(({defaultModel}) => defaultModel !== undefined);
  return first === undefined ? 'offline' : `${first.name}/${first.defaultModel}`;
}

async function listModels(
  providers: ReadonlyMap<string, Provider>,
  configuration: ModelsConfiguration,
): Promise<ListedModel[]> {
  const {listedModels, priceOf} = await import('./prices.ts');
  const list: ListedModel[] = [];
  const add = async (id: string, provider: string, keyPresent: boolean): Promise<void> => {
    const price = await priceOf(id, configuration);
    list.push({id, provider, keyPresent, ...(price === undefined ? {} : {price})});
  };
  await add('offline', 'offline', true);
  for (const {name, key, keyEnv, defaultModel, current} of providers.values()) {
    const own = defaultModel === undefined ? [] : [`${name}/${defaultModel}`];
    const named = [configuration.default ?? '', ...Object.keys(configuration.prices)].filter(
      id => id.startsWith(`${name}/`) && !id.endsWith('/*'),
    );
    const listed = (await listedModels(name)).filter(model => current?.test(model) !== false);
    for (const id of new Set([...own, ...named, ...listed.map(model => `${name}/${model}`)])) {
      await add(id, name, keyEnv === undefined || key !== undefined);
    }
  }
  return list;
}
