import fc from 'fast-check';
import {expect, it} from 'vitest';
import {defaultChangeLimits} from '../domain/job.ts';
import type {Repo} from '../domain/repo.ts';
import type {Skill} from '../domain/skill.ts';
import {isInShard, type PlannedTask, planRun} from './plan-run.ts';

const date = new Date(2025, 11, 1, 2, 0, 0);

const skill: Skill = {
  name: 'journal',
  description: 'Keeps a journal.',
  directory: '/skills/journal',
  source: 'operator',
  instructions: 'Write.',
  references: new Map(),
  output: 'docs/journal/',
  outputs: [],
  contextGlobs: [],
  checks: {},
  allowedTools: [],
  digest: 'd',
};

function task(name: string, repos: readonly string[]): PlannedTask {
  const found: Repo[] = repos.map(repo => ({name: repo, path: `/fleet/${repo}`, tags: [], active: true}));
  return {
    name,
    skill,
    repos: found,
    mode: 'simple',
    models: ['offline'],
    deliver: 'files',
    pullRequest: {labels: [], reviewers: [], draft: false},
    verify: [],
    commandTimeoutMs: 600_000,
    changeLimits: defaultChangeLimits,
    timeoutMs: 1000,
    force: false,
    contextTokens: 60_000,
    maxOutputTokens: 16_000,
  };
}

const names = fc.uniqueArray(fc.string({minLength: 1, maxLength: 12}), {maxLength: 30});

it('plans each repo of each task once, task by task, in the order of the selection, with ids that stay the same', () => {
  fc.assert(
    fc.property(names, names, (first, second) => {
      const tasks = [task('A', first), task('B', second)];
      const jobs = planRun(tasks, {date});
      expect(jobs.map(job => [job.task, job.repo])).toEqual([
        ...first.map(repo => ['A', repo]),
        ...second.map(repo => ['B', repo]),
      ]);
      expect(jobs.map(job => job.sequence)).toEqual(jobs.map((_, index) => index));
      expect(new Set(jobs.map(job => job.id)).size).toBe(jobs.length);
      expect(planRun(tasks, {date: new Date(2030, 0, 1)}).map(job => job.id)).toEqual(jobs.map(job => job.id));
    }),
  );
});

it('gives every repo to exactly one shard, whatever else is in the fleet', () => {
  fc.assert(
    fc.property(names, fc.integer({min: 1, max: 9}), (repos, count) => {
      const whole = planRun([task('A', repos)], {date}).map(job => job.repo);
      const shards = Array.from({length: count}, (_, index) =>
        planRun([task('A', repos)], {date, shard: {index: index + 1, count}}).map(job => job.repo),
      );
      expect(shards.flat().sort()).toEqual([...whole].sort());
      for (const [index, shard] of shards.entries()) {
        for (const repo of shard) expect(isInShard(repo, {index: index + 1, count})).toBe(true);
      }
    }),
  );
});

it('fills the date of the run into the output and keeps the pattern for the next night', () => {
  const [job] = planRun([task('A', ['api'])], {date});
  expect(job).toMatchObject({output: 'docs/journal/2025-12-01.md', outputPattern: 'docs/journal/', date: '2025-12-01'});
});
