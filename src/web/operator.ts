import type {JobRecord, RunRecord} from '../domain/run.ts';
import type {ShownPrompt} from '../run/show-prompt.ts';

/** What the page shows beside the ledger: what the operator wrote. Read when it is asked for, so that it is as it is now. */
export interface Operator {
  /** By name of the repo; none where there is no fleet file, or it cannot be read. */
  tags(): ReadonlyMap<string, readonly string[]>;
  /** What a model was asked in a job, made again. */
  prompt(run: RunRecord, record: JobRecord): Promise<ShownPrompt>;
}
