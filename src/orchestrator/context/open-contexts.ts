import type {Job} from '../../domain/job.ts';
import type {Skill} from '../../domain/skill.ts';
import type {DeliveryRecord} from '../../ledger/ledger.ts';
import type {BuiltContext} from '../../run/job-tools.ts';
import type {RepoReader} from '../../workspace/object-reader.ts';
import {buildRepoContext, contextRequest} from './build-repo-context.ts';
import type {ContextThreads} from './context-threads.ts';
import {readTree} from './packed-tree.ts';

/** Builds what a model is shown of a repo. */
export interface Contexts {
  build(
    reader: RepoReader,
    job: Job,
    skill: Pick<Skill, 'contextGlobs'>,
    deliveries: readonly DeliveryRecord[],
  ): Promise<BuiltContext>;
  close(): Promise<void>;
}

/** Here, or in the threads that were started for it. Both take the same request through the same function. */
export function openContexts(threads: ContextThreads | undefined): Contexts {
  return {
    async build(reader, job, skill, deliveries) {
      const request = contextRequest(reader, job, skill, deliveries);
      const {tree, ...built} = await (threads?.build(request) ?? buildRepoContext(reader, request));
      return {...built, entries: readTree(tree)};
    },
    async close() {
      await threads?.close();
    },
  };
}
