import type {Job} from '../domain/job.ts';
import {formatProblem} from '../domain/problem.ts';
import type {RunConfiguration} from '../run/load-run-configuration.ts';
import {countOf} from '../util/count-of.ts';

/** Tasks that write a file into work trees where an earlier task writes it, too: the later one sees what the earlier one left, or replaces it. */
export function overlapWarnings({tasks, source}: RunConfiguration, jobs: readonly Job[]): string[] {
  const writers = new Map<string, Job>();
  const overlaps = new Map<string, {first: Job; later: Job; file: string; repos: number}>();
  for (const job of jobs) {
    if (job.deliver !== 'files' || job.path === undefined) continue;
    for (const file of job.outputs) {
      const first = writers.get(`${job.path}\0${file}`);
      if (first === undefined) {
        writers.set(`${job.path}\0${file}`, job);
        continue;
      }
      const key = JSON.stringify([first.task, first.skill, job.task, job.skill, file]);
      const known = overlaps.get(key) ?? {first, later: job, file, repos: 0};
      overlaps.set(key, {...known, repos: known.repos + 1});
    }
  }
  return [...overlaps.values()].map(({first, later, file, repos}) => {
    const index = tasks.find(({name, skill}) => name === later.task && skill.name === later.skill)?.index ?? 0;
    const message = `task "${later.task}" writes ${file} in ${countOf(repos, 'repo')} where task "${first.task}" writes it, too`;
    const hint = 'the later one replaces what the earlier one wrote; give one of them another "output"';
    return formatProblem(source.problemAt(['tasks', index], {message, hint}));
  });
}
