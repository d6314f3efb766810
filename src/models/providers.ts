import type {ModelsConfiguration, ProviderConfiguration, ProviderKind} from '../domain/models-configuration.ts';
import {expandVariables} from '../util/expand-path.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** One provider, ready to be called: configuration, environment and defaults put together. */
export interface Provider {
  readonly name: string;
  readonly kind: ProviderKind;
  /** With the version part, without a slash at the end. Undefined when none is given and none is known. */
  readonly baseUrl: string | undefined;
  /** Where that is written, as people would look for it. */
  readonly baseUrlFrom: string;
  /** A variable that address or headers name and that has no value. */
  readonly unset: string | undefined;
  /** The variable that holds the key; undefined when the server needs none. */
  readonly keyEnv: string | undefined;
  readonly key: string | undefined;
  /** Headers that carry the key, and those the operator configured. */
  readonly headers: Readonly<Record<string, string>>;
  /** Asked for by default, where the operator named no model. */
  readonly defaultModel: string | undefined;
  /** Which models of the price list to offer; undefined for all. */
  readonly current: RegExp | undefined;
}

interface BuiltIn {
  readonly baseUrl: string;
  readonly baseUrlEnv: string;
  readonly keyEnv: string;
  readonly defaultModel: string;
  /** Those of the price list that are worth offering; every other one can still be asked for. */
  readonly current: RegExp;
}

const builtIn: Readonly<Record<string, BuiltIn>> = {
  anthropic: {
    baseUrl: 'https://api.anthropic.com/v1',
    baseUrlEnv: 'ANTHROPIC_BASE_URL',
    keyEnv: 'ANTHROPIC_API_KEY',
    defaultModel: 'claude-sonnet-5-5',
    current: /^claude-[a-z]+-[4-9]/,
  },
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    baseUrlEnv: 'OPENAI_BASE_URL',
    keyEnv: 'OPENAI_API_KEY',
    defaultModel: 'gpt-6-sol',
    current: /^gpt-[5-9]/,
  },
  google: {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    baseUrlEnv: 'GOOGLE_GEMINI_BASE_URL',
    keyEnv: 'GOOGLE_GENERATIVE_AI_API_KEY',
    defaultModel: 'gemini-3.8-flash',
    current: /^gemini-[2-9]/,
  },
};

/** Those built in, in order of preference, then those of `config/models.json`. An address in the environment wins over one in the file. */
export function resolveProviders(env: Env, configuration: ModelsConfiguration): ReadonlyMap<string, Provider> {
  const names = new Set([...Object.keys(builtIn), ...Object.keys(configuration.providers)]);
  return new Map([...names].map(name => [name, resolveProvider(name, configuration.providers[name] ?? {}, env)]));
}

function resolveProvider(name: string, configured: ProviderConfiguration, env: Env): Provider {
  const own = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
  const kind = configured.kind ?? (own === undefined ? 'openai-compatible' : (name as ProviderKind));
  const vendor = builtIn[kind];
  const keyEnv = configured.apiKeyEnv ?? own?.keyEnv ?? (configured.baseUrl === undefined ? vendor?.keyEnv : undefined);
  const fromEnv = own && env[own.baseUrlEnv]?.trim();
  const address = expandVariables(configured.baseUrl ?? '', env);
  const baseUrl = fromEnv || address.text || vendor?.baseUrl;
  const unset = [
    ...(fromEnv ? [] : [address.unset]),
    ...Object.values(configured.headers ?? {}).map(value => expandVariables(value, env).unset),
  ].find(name => name !== undefined);
  // A line break at the end comes with `$(cat key.txt)` on some shells and with most secret stores.
  const key = keyEnv === undefined ? undefined : env[keyEnv]?.trim() || undefined;
  return {
    name,
    kind,
    baseUrl: baseUrl === undefined ? undefined : withVersion(baseUrl, kind),
    baseUrlFrom: fromEnv ? own.baseUrlEnv : `the "base_url" of provider ${JSON.stringify(name)}`,
    unset,
    keyEnv,
    key,
    headers: {
      ...keyHeader(kind, configured.auth, key),
      ...versionHeader(configured),
      ...configuredHeaders(configured.headers, env),
    },
    defaultModel: own?.defaultModel,
    current: own?.current,
  };
}

/** Anthropic's and Google's tools take the address without the version; OpenAI's with it, and people leave it out for local servers. */
function withVersion(baseUrl: string, kind: ProviderKind): string {
  const trimmed = baseUrl.replace(/\/+$/, '');
  const path = /^[a-z]+:\/\/[^/]*(.*)$/i.exec(trimmed)?.[1] ?? '';
  switch (kind) {
    case 'anthropic':
      return path.endsWith('/v1') ? trimmed : `${trimmed}/v1`;
    case 'google':
      return /\/v\d+[a-z0-9]*$/.test(path) ? trimmed : `${trimmed}/v1beta`;
    case 'openai':
    case 'openai-compatible':
      return path === '' ? `${trimmed}/v1` : trimmed;
    default:
      return kind satisfies never;
  }
}

function keyHeader(
  kind: ProviderKind,
  auth: ProviderConfiguration['auth'],
  key: string | undefined,
): Record<string, string> {
  if (key === undefined) return {};
  const way = auth ?? (kind === 'anthropic' ? 'x-api-key' : kind === 'google' ? 'x-goog-api-key' : 'bearer');
  return way === 'bearer' ? {authorization: `Bearer ${key}`} : {[way]: key};
}

function versionHeader({versionHeader: version}: ProviderConfiguration): Record<string, string> {
  return version === undefined ? {} : {'anthropic-version': version};
}

/** `$NAME` in a value comes from the environment, so that no secret needs to stand in the file. */
function configuredHeaders(headers: Readonly<Record<string, string>> = {}, env: Env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), expandVariables(value, env).text]),
  );
}
