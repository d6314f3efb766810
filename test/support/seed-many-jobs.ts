import type {RunRecord} from '../../src/domain/run.ts';
import {type SeededJob, seedRun} from './seed-run.ts';

/** A run of many jobs: most changed, some failed, some unchanged, each with the record of its change. */
export function seedManyJobs(stateDir: string, count: number): Promise<RunRecord> {
  const jobs = Array.from({length: count}, (_, index) => toJob(index));
  return seedRun(stateDir, {jobs, exitCode: 1, budgetUsd: 500});
}

function toJob(index: number): SeededJob {
  const repo = `team-${index % 40}/service-${index}`;
  if (index % 20 === 0)
    return {repo, end: {failed: 'provider-overloaded', message: `overloaded 5 times, request ${index}`}};
  if (index % 4 === 1) return {repo, end: 'unchanged', reply: `# ${repo}\n`, costUsd: 0.01};
  const path = `docs/page-${index}.md`;
  const lines = Array.from({length: 20}, (_, line) => `+line ${line} of ${repo}\n`).join('');
  return {
    repo,
    end: 'changed',
    reply: `# ${repo}\n`,
    costUsd: 0.02,
    change: {
      patch: `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,0 +1,20 @@\n${lines}`,
      patchId: String(index % 100),
      files: [{path, added: 20, removed: 0}],
      summary: `Says what ${repo} is for.`,
    },
  };
}
