export type ProviderKind = 'anthropic' | 'openai' | 'google' | 'openai-compatible';
export const providerKinds = [
  'anthropic',
  'openai',
  'google',
  'openai-compatible',
] as const satisfies readonly ProviderKind[];

/** What all processes and machines that share a ledger may ask of a provider together. */
export interface ProviderLimits {
  /** Calls at once. */
  readonly maxInFlight?: number;
  readonly requestsPerMinute?: number;
  /** Input and the most output, estimated. */
  readonly tokensPerMinute?: number;
}

/** How one provider is reached. Keys are never here: only the name of the environment variable that holds one. */
export interface ProviderConfiguration {
  /** Default: what the name says for `anthropic`, `openai` and `google`, else `openai-compatible`. */
  readonly kind?: ProviderKind;
  /** With or without the version part (`/v1`, `/v1beta`). */
  readonly baseUrl?: string;
  readonly apiKeyEnv?: string;
  /** Sent with every call; they win over those of the provider. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How the key is sent, where it is not the vendor's own way. */
  readonly auth?: 'x-api-key' | 'bearer';
  readonly limits?: ProviderLimits;
  /** Value of `anthropic-version`, for servers that want another than the vendor's current one. */
  readonly versionHeader?: string;
}

/** US dollars per million tokens. */
export interface ConfiguredPrice {
  readonly input: number;
  readonly output: number;
  /** Default: as `input`. */
  readonly cacheRead?: number;
  /** Default: as `input`. */
  readonly cacheWrite?: number;
}

/** `config/models.json`, parsed. */
export interface ModelsConfiguration {
  readonly providers: Readonly<Record<string, ProviderConfiguration>>;
  /** By `provider/model`, or `provider/*` for every model of a provider. They win over the price list. */
  readonly prices: Readonly<Record<string, ConfiguredPrice>>;
  /** `provider/model` that is used when none is asked for. */
  readonly default?: string;
}

export const noModelsConfiguration: ModelsConfiguration = {providers: {}, prices: {}};
