import {createHash} from 'node:crypto';
import {slugOf} from '../util/slug-of.ts';

/** Names of branches are made of a slug and a digest only, so that nothing a person or model wrote can be an option or a trick. */
export interface BranchNames {
  /** Tells this kind of change from others in the same repo: of one skill with one output. */
  readonly key: string;
  readonly plain: string;
  /** Where `plain` belongs to another key. */
  readonly distinct: string;
}

export function branchNames(job: {readonly skill: string; readonly outputPattern: string}): BranchNames {
  const digest = createHash('sha256')
    .update(JSON.stringify([job.skill, job.outputPattern]))
    .digest('hex');
  const plain = `orchestrator/${slugOf(job.skill)}`;
  return {key: digest.slice(0, 16), plain, distinct: `${plain}-${digest.slice(0, 7)}`};
}
