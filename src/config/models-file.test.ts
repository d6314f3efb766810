import {expect, it} from 'vitest';
import {formatProblem} from '../domain/problem.ts';
import {parseModelsFile} from './models-file.ts';

it('reads servers, prices and the default', () => {
  const {models, problems} = parseModelsFile(
    `{
      "providers": {
        "ollama": {"base_url": "http://localhost:11434/v1"}, // no key
        "anthropic": {"headers": {"x-team": "$TEAM"}, "auth": "bearer", "api_key_env": "GATEWAY_KEY", "version_header": "2023-06-01"},
      },
      "prices": {"ollama/*": {"input": 0, "output": 0}, "x/y": {"input": 3, "output": 15, "cache_read": 0.3, "cache_write": 3.75}},
      "default": "ollama/llama3.2",
    }`,
    'models.json',
  );
  expect(problems).toEqual([]);
  expect(models).toEqual({
    providers: {
      ollama: {baseUrl: 'http://localhost:11434/v1'},
      anthropic: {headers: {'x-team': '$TEAM'}, auth: 'bearer', apiKeyEnv: 'GATEWAY_KEY', versionHeader: '2023-06-01'},
    },
    prices: {'ollama/*': {input: 0, output: 0}, 'x/y': {input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75}},
    default: 'ollama/llama3.2',
  });
});

it('says what is wrong', () => {
  const {models, problems} = parseModelsFile(
    `{
  "providers": {"o llama": {}, "vllm": {"kind": "openai-compatble", "url": "http://x"}, "a": {"api_key_env": "sk-live-123"}},
  "prices": {"gpt": {"input": "3"}},
  "defaults": "x/y"
}`,
    'models.json',
  );
  expect(models).toBeUndefined();
  expect(problems.map(formatProblem).join('\n')).toMatchInlineSnapshot(`
    "models.json:2:17 providers["o llama"] — expected a provider name of letters, digits, ".", "_" and "-", found "o llama"
    models.json:2:49 providers.vllm.kind — expected one of "anthropic", "openai", "google", "openai-compatible", found "openai-compatble"; did you mean "openai-compatible"?
    models.json:2:69 providers.vllm.url — "url" is not a key of a provider
    models.json:2:110 providers.a.api_key_env — this must be the name of an environment variable, never the key itself
    models.json:3:14 prices.gpt — expected a model as "provider/model", or "offline", found "gpt"
    models.json:4:3 defaults — "defaults" is not a key of a models file; did you mean "default"?"
  `);
});

it('wants an address for a provider that is not built in', () => {
  const {problems} = parseModelsFile('{"providers": {"openai": {}, "vllm": {}}}', 'models.json');
  expect(problems.map(formatProblem)).toEqual([
    'models.json:1:38 providers.vllm — "base_url" is missing; a provider that is not built in needs its address, for example "http://localhost:11434/v1"',
  ]);
});
