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
}
