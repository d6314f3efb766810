import type {LanguageModelV4Usage} from '@ai-sdk/provider';
import type {Usage} from '../domain/usage.ts';

/** Token counts of a reply; undefined when the provider told none, or none one can believe. */
export function readUsage({inputTokens, outputTokens}: LanguageModelV4Usage): Usage | undefined {
  return believable(inputTokens.total, outputTokens.total, inputTokens.cacheRead ?? 0, inputTokens.cacheWrite ?? 0);
}

/** Token counts in the body (text or parsed) of an answer that cannot be used but was paid for. */
export function usageOfBody(body: unknown): Usage | undefined {
  const usage = field(parse(body), 'usage') ?? field(parse(body), 'usageMetadata');
  const count = (...names: string[]): unknown =>
    names.map(name => field(usage, name)).find(value => value !== undefined);
  const read = count('cache_read_input_tokens') ?? 0;
  const written = count('cache_creation_input_tokens') ?? 0;
  const input = count('input_tokens', 'prompt_tokens', 'promptTokenCount');
  const total =
    typeof input === 'number' && typeof read === 'number' && typeof written === 'number'
      ? input + read + written
      : undefined;
  return believable(total, count('output_tokens', 'completion_tokens', 'candidatesTokenCount'), read, written);
}

function believable(input: unknown, output: unknown, read: unknown, written: unknown): Usage | undefined {
  // A prompt has tokens: a zero is a default that somebody filled in.
  if (
    !isCount(input) ||
    input === 0 ||
    !isCount(output) ||
    !isCount(read) ||
    !isCount(written) ||
    read + written > input
  )
    return undefined;
  return {inputTokens: input, outputTokens: output, cacheReadTokens: read, cacheWriteTokens: written, requests: 1};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parse(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
