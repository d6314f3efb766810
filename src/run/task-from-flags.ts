import type {Flags} from '../config/settings.ts';
import type {WrittenTask} from '../config/task-schema.ts';
import type {Problem} from '../domain/problem.ts';

const defaultSkill = 'repo-summarizer';

/** The one task of a command line without --config: named after its skill, on every active repo unless the flags choose. */
export function taskFromFlags(flags: Flags): {readonly task?: WrittenTask; readonly problems: readonly Problem[]} {
  const selectors = [
    flags.repos === undefined ? undefined : {repos: [...flags.repos]},
    flags.repoNames === undefined ? undefined : {repo_names: [...flags.repoNames]},
    flags.group === undefined ? undefined : {group: flags.group},
    flags.tag === undefined ? undefined : {tag: flags.tag},
    flags.select === undefined ? undefined : {select: flags.select},
  ].filter(selector => selector !== undefined);
  const given = selectors.map(selector => flagLabel(Object.keys(selector)[0]!));
  if (given.length > 1) {
    return {
      problems: [
        {
          path: given[1]!,
          message: `repos are selected in one way, found ${given.join(' and ')}`,
          hint: 'keep one of them',
        },
      ],
    };
  }
  const skill = flags.skill ?? defaultSkill;
  return {task: {name: skill, skill, ...(selectors[0] ?? {group: 'all'})}, problems: []};
}

/** What people type for a key of a task or of the settings. */
export function flagLabel(key: string): string {
  if (key === 'skills') return '--skills-dir';
  return `--${key.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`).replaceAll('_', '-')}`;
}
