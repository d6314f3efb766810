import type {Job} from './job.ts';
import type {JobDetail, RunRecord} from './run.ts';
import type {Usage} from './usage.ts';

/** A fact of a run, told to reporters as it happens. Every start has a finish. Times are milliseconds since 1970, UTC. */
export type RunEvent =
  | {
      readonly type: 'run.started';
      readonly at: number;
      readonly run: RunRecord;
      readonly jobs: number;
      readonly resumed: boolean;
      /** What jobs that had ended before have cost, US dollars; absent where none had. */
      readonly spentUsd?: number;
    }
  | {readonly type: 'run.noted'; readonly at: number; readonly level: 'info' | 'warn'; readonly text: string}
  | {readonly type: 'job.started'; readonly at: number; readonly job: Job}
  | {
      readonly type: 'job.retrying';
      readonly at: number;
      readonly job: Job;
      readonly cause: string;
      readonly waitMs: number;
    }
  | {
      /** A turn of an agent, when it is recorded. */
      readonly type: 'turn.finished';
      readonly at: number;
      readonly startedAt: number;
      readonly job: Job;
      readonly turn: number;
      readonly model: string;
      readonly usage: Usage;
      readonly finishReason: string;
      /** The reply was recorded before: nothing was paid. */
      readonly replayed: boolean;
      /** In the order in which they ran. Names are the model's: untrusted. */
      readonly tools: readonly {
        readonly name: string;
        readonly startedAt: number;
        readonly endedAt: number;
        readonly isError: boolean;
      }[];
    }
  | {
      readonly type: 'job.finished';
      readonly at: number;
      readonly job: Job;
      readonly detail: JobDetail;
      readonly startedAt: number;
      /** Which worker of a queue executed it. */
      readonly worker?: string;
    }
  | {
      readonly type: 'run.finished';
      readonly at: number;
      readonly run: RunRecord;
      readonly exitCode: number;
      readonly summary: RunSummary;
      /** Of a run that was taken up again: what ended in this part of it, and how the others had ended before. */
      readonly parts?: {readonly now: RunSummary; readonly before: RunSummary};
    };

/** Totals of a run, made from the outcomes and from nothing else. */
export interface RunSummary {
  readonly total: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly upToDate: number;
  readonly failed: number;
  /** Kept for a person to decide on. */
  readonly held: number;
  readonly notStarted: number;
  /** Known cost, US dollars. */
  readonly costUsd: number;
  /** Jobs whose cost is not known. */
  readonly costUnknown: number;
}

export interface Reporter {
  report(event: RunEvent): void;
  /** Puts what has to outlive a crash on the disk; false when not all that was reported is where it belongs, of which `close` tells. */
  flush?(): Promise<boolean>;
  /** Resolves when everything reported so far is where it belongs. */
  close(): Promise<void>;
}
