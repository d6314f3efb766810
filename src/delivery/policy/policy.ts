import type {ChangeLimits} from '../../domain/job.ts';

/** What a change is judged by. */
export interface Policy extends ChangeLimits {
  /** What the operator said that the job writes: files, and folders that end in `/`. They are not protected from it. */
  readonly outputs: readonly string[];
  /** Where secrets stand in a text; lines are 1-based. */
  readonly findSecrets: (
    path: string,
    text: string,
  ) => Promise<readonly {readonly rule: string; readonly line: number}[]>;
}
