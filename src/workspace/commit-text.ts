import type {Change} from '../domain/change.ts';
import type {Job} from '../domain/job.ts';
import {plainTitle, plainWords} from '../util/plain-words.ts';

/**
 * Subject and body of a commit. Names of files are chosen by a model or a script and stand on a line that a forge reads: what could close
 * an issue, call somebody or lead elsewhere is not repeated.
 */
export function commitText(
  job: Pick<Job, 'skill' | 'task'>,
  change: Pick<Change, 'edits'>,
): {subject: string; body: string} {
  const task = plainWords(job.task, 100);
  const {edits} = change;
  const path = plainPath(edits);
  const files = `${edits.length} ${edits.length === 1 ? 'file' : 'files'}`;
  return {
    subject: `${plainSkill(job.skill)}: ${path === undefined || path.length > maxPath ? files : path}`,
    body: `Made by orchestrator${task === '' ? '' : ` for the task "${task}"`}.`,
  };
}

const maxPath = 60;

/** The path of the only edit, where it can stand on such a line. */
export function plainPath([edit, ...others]: Change['edits']): string | undefined {
  if (edit === undefined || others.length > 0) return undefined;
  return plainTitle(`the ${edit.path}`, 200) === `the ${edit.path}` ? edit.path : undefined;
}

export function plainSkill(skill: string): string {
  return plainTitle(`${skill} x`, 200)?.replace(/ x$/, '') ?? 'orchestrator';
}
