import type {RepoContext} from '../domain/context.ts';
import type {Job} from '../domain/job.ts';
import type {ModelReply, ModelRequest} from '../domain/model.ts';
import type {ProposedFile} from '../domain/proposed-file.ts';
import type {Skill} from '../domain/skill.ts';

export interface ModeInput {
  readonly job: Job;
  readonly skill: Skill;
  readonly context: RepoContext;
  /** Gets the reply to this request: a recorded one, or one that is paid for and recorded before it is returned. */
  readonly obtainReply: (request: ModelRequest) => Promise<ModelReply>;
}

/** How a job makes its change. Throws `JobFailure` when what came back is not a whole, usable result. */
export interface Mode {
  /** Changes when its prompts change, so that old results are not taken for new ones. */
  readonly version: number;
  /** The first request that `propose` would make, for plans and estimates. */
  preview(input: Omit<ModeInput, 'obtainReply'>): ModelRequest;
  propose(input: ModeInput): Promise<readonly ProposedFile[]>;
}
