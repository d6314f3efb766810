import type {Message} from './model.ts';

/** One turn of an agent, as the ledger keeps it: what was asked, under what the reply is kept, and what we answered. */
export interface TurnRecord {
  /** From 1. */
  readonly turn: number;
  /** Of everything that the model was shown. */
  readonly requestDigest: string;
  readonly replyDigest: string;
  /** Tool results, and what we said beside them, in the order in which the model is told. */
  readonly answers: readonly Message[];
}
