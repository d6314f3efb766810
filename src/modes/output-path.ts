import type {TreeEntry} from '../domain/git.ts';
import type {Skill} from '../domain/skill.ts';
import {localDate} from '../util/local-time.ts';

export interface OutputChoice {
  /** `output` of the task, the flag or the settings; it wins over the skill's. */
  readonly taskOutput?: string;
  readonly skill: Pick<Skill, 'name' | 'output'>;
  /** When the run started; its local date fills YYYY, MM and DD. */
  readonly date: Date;
}

/** The file that a job writes, relative to the repo root. A folder gets one file a day; a skill that names no output gets one after its name. */
export function resolveOutput({taskOutput, skill, date}: OutputChoice): string {
  const written = taskOutput ?? skill.output ?? fallbackOutput(skill);
  return fillDate(written.endsWith('/') ? `${written}YYYY-MM-DD.md` : written, date);
}

/** What a job writes when nobody has named anything. */
export function fallbackOutput({name}: Pick<Skill, 'name'>): string {
  return `${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}.md`;
}

/** Whether the file is what the output names, or is below it when that is a folder. */
export function coversOutput(output: string, path: string): boolean {
  return output.endsWith('/') ? path.startsWith(output) && path !== output : path === output;
}

/**
 * The output as the repo spells it: a `readme.md` is the README.md that is asked for, and on some disks the two are one file. Undecided
 * when several files differ in case alone.
 */
export function spellOutput(output: string, entries: ReadonlyMap<string, Pick<TreeEntry, 'kind'>>): string {
  if (output.endsWith('/') || entries.has(output)) return output;
  const wanted = output.toLowerCase();
  const alike: string[] = [];
  for (const [path, {kind}] of entries) {
    if (path.length !== output.length || path.toLowerCase() !== wanted) continue;
    if (kind === 'file' || kind === 'executable') alike.push(path);
  }
  return alike.length === 1 ? alike[0]! : output;
}

/** `YYYY`, `MM` and `DD` as whole words (or written together) become the local date; a leading `./` goes. MM and DD count only beside YYYY. */
export function fillDate(pattern: string, date: Date): string {
  const path = pattern.replace(/^(?:\.\/)+/, '');
  if (!/(?<![A-Za-z0-9])YYYY(?:MM(?:DD)?)?(?![A-Za-z0-9])/.test(path)) return path;
  const [year = '', month = '', day = ''] = localDate(date).split('-');
  return path.replaceAll(/(?<![A-Za-z0-9])(?:YYYY(?:MM(?:DD)?)?|MM(?:DD)?|DD)(?![A-Za-z0-9])/g, word =>
    word.replace('YYYY', year).replace('MM', month).replace('DD', day),
  );
}
