import type {Change, PolicyFinding, VerifyResult} from '../domain/change.ts';
import type {Spent} from '../domain/outcome.ts';
import type {SandboxTier} from '../domain/sandbox.ts';
import {addCost, addUsage, noCost, noUsage} from '../domain/usage.ts';
import type {ObtainedReply} from './job-tools.ts';
import type {Preparation} from './prepare-job.ts';
import type {Verified} from './verify-change.ts';

/** What is known of a job while it goes on, for its record however it ends. */
export class JobTrace {
  spent: Spent = {usage: noUsage, cost: noCost};
  /** Model calls that were made, answered or not. */
  attempts = 0;
  preparation: Preparation | undefined;
  /** Set when the job is at work in the repo. */
  repoKey: string | undefined;
  /** The newest reply. */
  reply: ObtainedReply | undefined;
  change: Change | undefined;
  findings: readonly PolicyFinding[] = [];
  verified: readonly VerifyResult[] = [];
  /** What the verify commands said of this patch while the change was being made. */
  verdict: {readonly patch: string; readonly verified: Verified} | undefined;
  /** Set when commands were or could be run. */
  sandbox: SandboxTier | undefined;

  readonly addSpent = (spent: Spent): void => {
    this.spent = {usage: addUsage(this.spent.usage, spent.usage), cost: addCost(this.spent.cost, spent.cost)};
  };

  #noted = 0;

  /** Paid by another way than a call of ours, so that the ledger does not know of it. */
  readonly noteSpent = (spent: Spent): void => {
    this.#noted += spent.cost.usd ?? 0;
    this.addSpent(spent);
  };

  /** US dollars that were noted since the last time. */
  takeNoted(): number {
    const noted = this.#noted;
    this.#noted = 0;
    return noted;
  }

  readonly addAttempt = (): void => {
    this.attempts++;
  };
}
