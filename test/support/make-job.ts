import type {Job} from '../../src/domain/job.ts';

/** A job as a plan makes it, for tests that care about a few of its fields. */
export function makeJob(sequence: number, repo: string, fields: Partial<Job> = {}): Job {
  return {
    id: String(sequence),
    sequence,
    task: 'A',
    skill: 'journal',
    repo,
    mode: 'simple',
    models: ['offline'],
    output: 'X.md',
    outputs: ['X.md'],
    outputPattern: 'X.md',
    date: '2025-12-01',
    deliver: 'files',
    verify: [],
    timeoutMs: 1000,
    force: false,
    contextTokens: 60_000,
    maxOutputTokens: 16_000,
    ...fields,
  };
}
