import type {Cost} from '../../domain/usage.ts';
import {quoteText} from '../../util/quote-text.ts';

/** US dollars that no job of an agent costs: whoever says so counts something else. */
const unbelievableUsd = 10_000;

/** What another agent says that its session has cost so far. What it says decides what people pay attention to, so it is not believed blindly. */
export class SaidCost {
  #usd: number | undefined;
  #doubt: string | undefined;

  see({amount, currency}: {readonly amount: number; readonly currency: string}): void {
    if (currency !== 'USD') this.#doubt ??= `counts in ${quoteText(currency, 20)}`;
    else if (!(amount >= 0 && amount <= unbelievableUsd))
      this.#doubt ??= `says that it cost ${amount} USD, which is not believed`;
    // It is a sum, and cannot get less.
    else this.#usd = Math.max(amount, this.#usd ?? 0);
  }

  cost(agent: string): Cost {
    const reason = this.#doubt ?? (this.#usd === undefined ? 'does not say what it costs' : undefined);
    if (reason === undefined) return {usd: this.#usd ?? 0};
    return {
      usd: null,
      reason: `the agent ${quoteText(agent, 60)} ${reason}`,
      ...(this.#usd === undefined ? {} : {atLeastUsd: this.#usd}),
    };
  }
}
