import type {Change, PolicyFinding, VerifyResult} from '../domain/change.ts';
import {NetworkCounter, type NetworkRecord} from '../domain/network-use.ts';
import type {Spent} from '../domain/outcome.ts';
import type {UsedSandbox} from '../domain/sandbox.ts';
import {addCost, addUsage, knownUsd, noCost, noUsage} from '../domain/usage.ts';
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
  /** What the job made and git cannot have, in words. */
  dropped: readonly string[] = [];
  /** Set when commands were or could be run. */
  sandbox: UsedSandbox | undefined;
  readonly #network = new NetworkCounter();

  readonly noteNetwork = (network: Pick<NetworkRecord, 'uses' | 'more'>): void => this.#network.addAll(network);

  /** Of a job whose commands may reach these hosts. */
  networkOf(allowed: readonly string[] | undefined): NetworkRecord | undefined {
    if (this.sandbox === undefined || this.sandbox === 'none' || allowed === undefined) return undefined;
    return {allowed, ...this.#network.record};
  }

  readonly addSpent = (spent: Spent): void => {
    this.spent = {usage: addUsage(this.spent.usage, spent.usage), cost: addCost(this.spent.cost, spent.cost)};
  };

  readonly #seen = new Set<string>();

  /** A recorded one that this run has paid for, before its process died or in an attempt before, counts once however often it is used. */
  seeReply(obtained: ObtainedReply): void {
    const {digest, reply, paidHere} = obtained;
    if (paidHere !== undefined && !this.#seen.has(digest)) this.addSpent({usage: reply.usage, cost: paidHere});
    this.#seen.add(digest);
    this.reply = obtained;
  }

  readonly setVerified = (results: readonly VerifyResult[]): void => {
    this.verified = results;
  };

  #noted = 0;

  /** Paid by another way than a call of ours, so that the ledger does not know of it. */
  readonly noteSpent = (spent: Spent): void => {
    this.#noted += knownUsd(spent.cost);
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
