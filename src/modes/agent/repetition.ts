import type {ToolCall, ToolResult} from '../../domain/model.ts';
import {JobFailure} from '../../domain/outcome.ts';
import {quoteText} from '../../util/quote-text.ts';

/** The same call with the same answer, and nothing changed in between. */
const sameAnswers = 6;
/** The same call, whatever came of it. */
const sameCalls = 12;
/** Turns after one another in which every call failed. */
const failedTurns = 10;

/** Notices an agent that goes round in circles. */
export class Repetition {
  #answers = new Map<string, number>();
  readonly #calls = new Map<string, number>();
  #failedTurns = 0;

  /** Throws `agent-looping` when it does not stop. */
  see(call: ToolCall, result: ToolResult, changed: boolean): void {
    const asked = JSON.stringify([call.name, call.input, call.malformed ?? null]);
    const calls = (this.#calls.get(asked) ?? 0) + 1;
    this.#calls.set(asked, calls);
    if (changed) this.#answers = new Map();
    const answered = `${asked} ${result.text}`;
    const answers = (this.#answers.get(answered) ?? 0) + 1;
    this.#answers.set(answered, answers);
    if (answers >= sameAnswers || calls >= sameCalls)
      throw new JobFailure(
        'agent-looping',
        `The agent called ${quoteText(call.name, 64)} ${Math.max(answers, calls)} times in the same way.`,
      );
  }

  /** Throws `agent-stalled` after too many turns in which nothing worked. */
  endTurn(results: readonly ToolResult[]): void {
    this.#failedTurns = results.length > 0 && results.every(({isError}) => isError) ? this.#failedTurns + 1 : 0;
    if (this.#failedTurns < failedTurns) return;
    const [last] = results.slice(-1);
    throw new JobFailure(
      'agent-stalled',
      `No tool call of ${failedTurns} turns worked; the last: ${quoteText(last!.text, 160)}`,
    );
  }
}
