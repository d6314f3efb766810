import type {Message} from '../../domain/model.ts';
import {JobFailure} from '../../domain/outcome.ts';
import {compactHistory} from './compact-history.ts';

export interface HistoryLimit {
  /** Of the messages, as estimated. */
  readonly maxHistoryTokens: number;
  readonly estimateTokens: (text: string) => number;
}

/** The conversation so far; its older part is shortened in large steps, so that the prefix mostly stays the same for caches. */
export class History {
  readonly #limit: HistoryLimit;
  #messages: readonly Message[] = [];
  readonly #tokens = new WeakMap<Message, number>();

  constructor(limit: HistoryLimit) {
    this.#limit = limit;
  }

  add(messages: readonly Message[]): void {
    this.#messages = [...this.#messages, ...messages];
  }

  /** @throws JobFailure `history-too-long`, also when it is shortened. */
  shown(): readonly Message[] {
    const {maxHistoryTokens} = this.#limit;
    this.#messages = this.#shortened(this.#messages);
    const tokens = this.#count(this.#messages);
    if (tokens > maxHistoryTokens)
      throw new JobFailure(
        'history-too-long',
        `The conversation has about ${tokens} tokens; at most ${maxHistoryTokens} are sent.`,
      );
    return this.#messages;
  }

  /** What would be shown after `more`; undefined when that is too long. */
  preview(more: readonly Message[]): readonly Message[] | undefined {
    const messages = this.#shortened([...this.#messages, ...more]);
    return this.#count(messages) > this.#limit.maxHistoryTokens ? undefined : messages;
  }

  #shortened(messages: readonly Message[]): readonly Message[] {
    return this.#count(messages) > this.#limit.maxHistoryTokens ? compactHistory(messages) : messages;
  }

  #count(messages: readonly Message[]): number {
    return messages.reduce((sum, message) => {
      const tokens = this.#tokens.get(message) ?? this.#limit.estimateTokens(JSON.stringify(message));
      this.#tokens.set(message, tokens);
      return sum + tokens;
    }, 0);
  }
}
