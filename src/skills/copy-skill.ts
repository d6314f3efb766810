import {chmodSync, chownSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {Skill} from '../domain/skill.ts';
import {readSkillFolder} from './read-skill-folder.ts';

/**
 * Writes the files of a skill into an empty folder, as they were when the skill was loaded. Returns a fault when the skill has changed
 * since: what runs is what was planned.
 */
export function copySkill(
  skill: Skill,
  directory: string,
  owner?: {readonly uid: number; readonly gid: number},
): string | undefined {
  const {folder, fault} = readSkillFolder(skill.directory);
  if (folder === undefined) return `skill ${skill.name}: ${fault}`;
  if (folder.digest !== skill.digest) return `skill ${skill.name} has changed since the run started`;
  for (const [file, bytes] of folder.files) {
    const target = path.join(directory, file);
    mkdirSync(path.dirname(target), {recursive: true});
    // Scripts are started by their own first line, and some systems lose the right to execute.
    writeFileSync(target, bytes, {mode: 0o755});
    for (let at = target; owner !== undefined && at !== directory; at = path.dirname(at))
      chownSync(at, owner.uid, owner.gid);
  }
  chmodSync(directory, 0o755);
  return undefined;
}
