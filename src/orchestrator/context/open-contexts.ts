import type {Job} from '../../domain/job.ts';
import type {Skill} from '../../domain/skill.ts';
import type {DeliveryRecord} from '../../ledger/ledger.ts';
import type {BuiltContext} from '../../run/job-tools.ts';
import type {RepoReader} from '../../workspace/object-reader.ts';
import {buildRepoContext, contextRequest} from './build-repo-context.ts';
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

/** With fewer jobs, starting a thread takes longer than it saves. */
const leastJobsForThreads = 16;

/** For so many jobs: here, or in threads of their own. Both take the same request through the same function. */
export async function openContexts(gitDirectory: string, jobs: number): Promise<Contexts> {
  const threads =
    jobs < leastJobsForThreads ? undefined : (await import('./context-threads.ts')).openContextThreads(gitDirectory);
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
