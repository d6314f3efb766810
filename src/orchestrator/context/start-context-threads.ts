import path from 'node:path';
import type {ContextThreads} from './context-threads.ts';

export type StartedThreads = Promise<ContextThreads | undefined>;

/** With fewer jobs, starting a thread takes longer than it saves. */
const leastJobs = 16;

/** For a run of so many jobs; they get ready while it is recorded. Undefined where contexts are better made here. */
export async function startContextThreads(stateDir: string, jobs: number): StartedThreads {
  if (jobs < leastJobs) return undefined;
  const {openContextThreads} = await import('./context-threads.ts');
  return openContextThreads(gitDirectoryOf(stateDir));
}

export function gitDirectoryOf(stateDir: string): string {
  return path.join(stateDir, 'git');
}
