import {z} from 'zod';
import {type ModelsConfiguration, providerKinds} from '../domain/models-configuration.ts';
import type {Problem} from '../domain/problem.ts';
import {checkDocument} from '../util/check-document.ts';
import {type JsonPath, parseJsonc} from '../util/jsonc-document.ts';
import {line, modelName} from './fields.ts';

/** Providers that work without an entry in the models file. */
export const builtInProviders = ['anthropic', 'openai', 'google', 'offline'] as const;

const providerSchema = z
  .strictObject({
    kind: z
      .enum(providerKinds)
      .exactOptional()
      .describe(
        'Which interface the server speaks. Default: "openai-compatible", or the provider\'s own for anthropic, openai and google.',
      ),
    base_url: z
      .string()
      .regex(/^(?:https?:\/\/[^\s]+|\$\{?[A-Za-z_][A-Za-z0-9_]*\}?[^\s]*)$/, {
        error: 'expected a URL such as "http://localhost:11434/v1"',
      })
      .exactOptional()
      .describe('Address of the server.'),
    api_key_env: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
        error: 'this must be the name of an environment variable, never the key itself',
      })
      .exactOptional()
      .describe('Name of the environment variable that holds the key. Keys themselves never stand in a file.'),
    headers: z
      .record(line('a header name'), line('a header value'))
      .exactOptional()
      .describe('Headers sent with every call; $NAME in a value takes it from the environment.'),
    auth: z.enum(['x-api-key', 'bearer']).exactOptional().describe('How the key is sent.'),
    max_in_flight: z
      .int()
      .min(1)
      .max(100_000)
      .exactOptional()
      .describe('Most calls at once, of all runs and workers that share a ledger together.'),
    requests_per_minute: z
      .int()
      .min(1)
      .max(10_000_000)
      .exactOptional()
      .describe('Most calls in any minute, of all runs and workers that share a ledger together.'),
    tokens_per_minute: z
      .int()
      .min(1)
      .max(10_000_000_000)
      .exactOptional()
      .describe('Most tokens in any minute, input and longest output as estimated, of all together.'),
    version_header: line('a version')
      .exactOptional()
      .describe('Value of the anthropic-version header. Default: "2023-06-01".'),
  })
  .describe('One server of models.');

const priceSchema = z
  .strictObject({
    input: z.number().min(0).describe('US dollars per million input tokens.'),
    output: z.number().min(0).describe('US dollars per million output tokens.'),
    cache_read: z
      .number()
      .min(0)
      .exactOptional()
      .describe('US dollars per million tokens read from cache. Default: as input.'),
    cache_write: z
      .number()
      .min(0)
      .exactOptional()
      .describe('US dollars per million tokens written to cache. Default: as input.'),
  })
  .describe('Price of one model.');

/** `config/models.json`: servers of models, and prices that the built-in table lacks. */
export const modelsFileSchema = z
  .strictObject({
    $schema: z.string().exactOptional().describe('Address of this schema, for editors.'),
    providers: z
      .record(
        z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, {
          error: 'expected a provider name of letters, digits, ".", "_" and "-"',
        }),
        providerSchema,
      )
      .exactOptional()
      .describe('Servers by name; the name is the part before "/" of a model.'),
    prices: z
      .record(modelName(), priceSchema)
      .exactOptional()
      .describe(
        'Prices by "provider/model", or "provider/*" for every model of a provider. They win over the built-in list.',
      ),
    default: modelName().exactOptional().describe('The model used when none is named.'),
  })
  .describe('Models of orchestrator: servers, prices and the default.');

type WrittenModels = z.infer<typeof modelsFileSchema>;

/** Text to models file, or everything that is wrong with it. Never throws. */
export function parseModelsFile(
  text: string,
  file: string,
): {readonly models?: ModelsConfiguration; readonly problems: readonly Problem[]} {
  const document = parseJsonc(text);
  const {value, faults} = checkDocument(document, modelsFileSchema, keyNoun);
  const problems: Problem[] = faults.map(fault => ({file, ...fault}));
  for (const [name, provider] of Object.entries(value?.providers ?? {})) {
    if (provider.base_url !== undefined || (builtInProviders as readonly string[]).includes(name)) continue;
    problems.push({
      file,
      ...document.locate(['providers', name]),
      path: `providers.${name}`,
      message: '"base_url" is missing',
      hint: 'a provider that is not built in needs its address, for example "http://localhost:11434/v1"',
    });
  }
  return problems.length === 0 && value !== undefined ? {models: toConfiguration(value), problems} : {problems};
}

function toConfiguration({providers = {}, prices = {}, default: standard}: WrittenModels): ModelsConfiguration {
  return {
    providers: mapValues(providers, ({base_url, api_key_env, version_header, ...others}) => {
      const {max_in_flight, requests_per_minute, tokens_per_minute, ...rest} = others;
      const limits = {
        ...(max_in_flight === undefined ? {} : {maxInFlight: max_in_flight}),
        ...(requests_per_minute === undefined ? {} : {requestsPerMinute: requests_per_minute}),
        ...(tokens_per_minute === undefined ? {} : {tokensPerMinute: tokens_per_minute}),
      };
      return {
        ...rest,
        ...(Object.keys(limits).length === 0 ? {} : {limits}),
        ...(base_url === undefined ? {} : {baseUrl: base_url}),
        ...(api_key_env === undefined ? {} : {apiKeyEnv: api_key_env}),
        ...(version_header === undefined ? {} : {versionHeader: version_header}),
      };
    }),
    prices: mapValues(prices, ({cache_read, cache_write, ...rest}) => ({
      ...rest,
      ...(cache_read === undefined ? {} : {cacheRead: cache_read}),
      ...(cache_write === undefined ? {} : {cacheWrite: cache_write}),
    })),
    ...(standard === undefined ? {} : {default: standard}),
  };
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function keyNoun(path: JsonPath): string {
  if (path.length === 0) return 'a key of a models file';
  return path[0] === 'providers' ? 'a key of a provider' : 'a key of a price';
}
