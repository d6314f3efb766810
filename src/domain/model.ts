import type {RepoContext} from './context.ts';
import type {Skill} from './skill.ts';
import type {Usage} from './usage.ts';

/** One call of a model that returns text. */
export interface ModelRequest {
  /** `provider/model`. */
  readonly model: string;
  /** The same for every repo of a task, so that a provider can read it from its cache. */
  readonly system: string;
  /** The part that differs by repo. */
  readonly prompt: string;
  readonly maxOutputTokens: number;
  readonly timeoutMs: number;
  /** What the texts above were made from; the offline model reads these instead. */
  readonly source?: {
    readonly skill: Skill;
    readonly context: RepoContext;
    readonly date: string;
    readonly output?: string;
  };
}

/** Why the model stopped. Anything but `stop` is not a whole answer. */
export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'interrupted' | 'other';

export interface ModelReply {
  readonly text: string;
  readonly finishReason: FinishReason;
  /** The provider's own word for it. */
  readonly rawFinishReason?: string;
  readonly usage: Usage;
  /** The provider's usage object, kept as it came. */
  readonly rawUsage?: unknown;
  readonly responseId?: string;
  /** True when the provider told no believable token counts: `usage` then counts the request and no tokens, and its cost is not known. */
  readonly usageUnknown?: true;
  /** What the provider says is left of its limits. For the limiter; never recorded. */
  readonly rateLimit?: RateLimit;
}

/** What is left of a provider's limits. Resets are milliseconds from the moment the reply came. */
export interface RateLimit {
  readonly requestsRemaining?: number;
  readonly requestsResetMs?: number;
  readonly tokensRemaining?: number;
  readonly tokensResetMs?: number;
}

/** `anthropic` of `anthropic/claude-sonnet-5-5`. */
export function providerOf(model: string): string {
  return model.split('/')[0] ?? model;
}
