import type {JobRecord, RunRecord} from '../domain/run.ts';
import type {ShownPrompt} from '../run/show-prompt.ts';
import type {CheckView, SettingsView, SkillText} from './api.ts';

export type FoundSkillText =
  | {readonly skill: SkillText; readonly problem?: undefined}
  | {readonly problem: string; readonly skill?: undefined};

/** What the page shows beside the ledger: what the operator wrote. Read when it is asked for, so that it is as it is now. */
export interface Operator {
  /** By name of the repo; none where there is no fleet file, or it cannot be read. */
  tags(): ReadonlyMap<string, readonly string[]>;
  /** As it is now; `directory` is where a run had it last. */
  skill(name: string, directory: string | undefined): FoundSkillText;
  settings(): Promise<SettingsView>;
  /** What `orchestrator doctor` finds; takes a second or two. */
  checks(): Promise<readonly CheckView[]>;
  /** What a model was asked in a job, made again. */
  prompt(run: RunRecord, record: JobRecord): Promise<ShownPrompt>;
}
