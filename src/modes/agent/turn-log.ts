import type {Message, ModelReply, ModelRequest} from '../../domain/model.ts';
import type {TurnRecord} from '../../domain/turn.ts';

/** When a tool ran. Milliseconds since 1970. */
export interface ToolTiming {
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly isError: boolean;
}

export interface FinishedTurn {
  readonly turn: number;
  readonly request: ModelRequest;
  readonly reply: ModelReply;
  /** What the model is told next. */
  readonly answers: readonly Message[];
  readonly tools: readonly ToolTiming[];
  readonly startedAt: number;
  /** It was recorded before this process took the job over. */
  readonly isRecorded: boolean;
}

/** The durable record of an agent's turns. */
export interface TurnLog {
  /** To be called once, before the first turn; with the name of an agent that keeps its own record. */
  open(first: ModelRequest | {readonly agent: string}): Promise<void>;
  /** A line of the transcript alone. */
  write(line: object): void;
  /** The turn that this run recorded for this very request before it was interrupted. */
  recorded(turn: number, request: ModelRequest): TurnRecord | undefined;
  /** Resolves when the turn is on disk. */
  record(turn: FinishedTurn): Promise<void>;
}
