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
  /** What was said after the prompt, oldest first; for a model that works in turns. */
  readonly messages?: readonly Message[];
  /** What the model may ask for. */
  readonly tools?: readonly ToolDefinition[];
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

/** A tool as the model is told of it. */
export interface ToolDefinition {
  /** `[a-zA-Z0-9_-]{1,64}`, the shape that all vendors take. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A request by the model. Untrusted. */
export interface ToolCall {
  /** `[a-zA-Z0-9_-]{1,64}`, unique in its reply. */
  readonly id: string;
  readonly name: string;
  /** Parsed JSON; whether it fits the tool is not checked. */
  readonly input: unknown;
  /** What came instead of JSON, or of a usable name: cut, for the answer to it. `input` is then `{}`. */
  readonly malformed?: string;
}

/** Our answer to a tool call. */
export interface ToolResult {
  readonly callId: string;
  readonly name: string;
  readonly text: string;
  readonly isError: boolean;
  /** The call asked for what is not allowed; for the record, `text` says it to the model. */
  readonly denied?: true;
}

/** A part of a conversation after its prompt. */
export type Message =
  | {readonly role: 'user'; readonly text: string}
  | {readonly role: 'assistant'; readonly reply: Pick<ModelReply, 'text' | 'toolCalls' | 'vendorParts'>}
  | {readonly role: 'tool'; readonly results: readonly ToolResult[]};

/** Why the model stopped. Anything but `stop` is not a whole answer. */
export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'interrupted' | 'other';

export interface ModelReply {
  readonly text: string;
  readonly finishReason: FinishReason;
  /** In the order asked; absent when there are none. */
  readonly toolCalls?: readonly ToolCall[];
  /** The reply in the form of the provider layer, where its vendor wants more of it back than text and tool calls. JSON. */
  readonly vendorParts?: readonly unknown[];
  /** The provider's own word for it. */
  readonly rawFinishReason?: string;
  readonly usage: Usage;
  /** The provider's usage object, kept as it came. */
  readonly rawUsage?: unknown;
  readonly responseId?: string;
  /** True when the provider told no believable token counts: `usage` then counts the request and no tokens, and its cost is not known. */
  readonly usageUnknown?: true;
  /** Read off the repo by the model that is none: nobody talked, refused or was cut off, whatever words the repo has. */
  readonly readOff?: true;
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
